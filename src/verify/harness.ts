import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { selfSigned } from '../certs/self-signed.ts';
import { KeepgateError } from '../diagnostic.ts';
import { expand } from '../model/expand.ts';
import { resolve } from '../model/resolve.ts';
import type { Model, Site } from '../model/site.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import type { CompiledTemplates } from '../render/engine.ts';
import { render } from '../render/render.ts';
import type { Places } from '../spec/load.ts';
import type { Spec } from '../spec/types.gen.ts';
import { httpConfiguration } from './nginx-configuration.ts';
import { type RunningNginx, startNginx } from './nginx-process.ts';
import { freePorts } from './ports.ts';
import {
  backendCertificate,
  backendsOf,
  certificateFiles,
  challenges,
  inPrefix,
  onLoopback,
  portsOf,
  refusing,
} from './relocate.ts';
import { type StubBackend, startStubBackend } from './stub-backend.ts';
import { throwawayFolder } from './throwaway.ts';

/** PEM; the certificate may be followed by its chain. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

export interface GateOptions {
  /** It is the target, whatever the spec says. */
  readonly nginx: NginxBinary;
  readonly spec: Spec;
  readonly places: Places;
  /** Default: false. */
  readonly allowRaw?: boolean;
  /** A user's own; default: those that keepgate ships. */
  readonly templates?: CompiledTemplates;
  /** Default: a self-signed one for the site's hosts. */
  readonly certificateFor?: (site: Site) => CertificatePair;
  /** Real backends: the port on 127.0.0.1, by the address as it is rendered. Each other one is a stub. */
  readonly realBackends?: ReadonlyMap<string, number>;
  /** See `httpConfiguration`. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
}

/** The spec's sites as the real nginx serves them, on 127.0.0.1. */
export interface Gate {
  readonly nginx: RunningNginx;
  /** The port that stands for one of the spec, TCP and UDP: `port(443)`. @throws Error when no site listens on it */
  port(ofSpec: number): number;
  /** The stub in a backend's place, by the address as it is rendered: `backend('127.0.0.1:8880')`. @throws Error */
  backend(address: string): StubBackend;
  readonly backends: ReadonlyMap<string, StubBackend>;
  /** What a site shows, by its name; one that is self-signed is its own CA. */
  readonly certificates: ReadonlyMap<string, CertificatePair>;
  /** The folder that http-01 challenges are served from. */
  readonly challengeRoot: string;
  /** Ends nginx and the stubs and removes all files; safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Renders a spec for an nginx, starts that nginx with it, unprivileged and in a throwaway folder, and a recording stub in
 * the place of every backend. What is rendered differs from what would be installed in addresses, ports and the paths
 * of certificates, challenges and logs only. Real backends, certificates and keys are not touched;
 * CAs for clients, password files and what raw text names are read where they are.
 * @throws KeepgateError the spec's first diagnostic (1), or nginx-did-not-start (4)
 */
export async function startGate(options: GateOptions): Promise<Gate> {
  const { nginx, spec, places, allowRaw = false, templates, certificateFor, workers, signal } = options;
  const { realBackends = new Map<string, number>() } = options;
  const { sites: expanded } = expand(spec, places);
  const ofSpec = portsOf(expanded);
  const free = await freePorts(ofSpec.length);
  const ports = new Map(ofSpec.map((port, index) => [port, free[index] ?? 0]));
  const port = (wanted: number) => found(ports, wanted, 'listening port');
  const { target } = nginx;
  const resolved = resolve(onLoopback(spec, expanded, port), places, { target, layout: 'conf.d', allowRaw });
  const [problem] = resolved.diagnostics;
  if (problem !== undefined) throw new KeepgateError(1, problem);

  const { path: prefix, remove } = throwawayFolder();
  const backends = new Map<string, StubBackend>();
  const backend = (address: string) => found(backends, address, 'backend');
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(join(prefix, dirname(path)), { recursive: true });
    writeFileSync(join(prefix, path), text, { mode });
  };
  let running: RunningNginx | undefined;
  const stop = async () => {
    await running?.stop();
    await Promise.all(Array.from(backends.values(), (stub) => stub.close()));
    remove();
  };
  try {
    const tls = selfSigned(backendNames(resolved.model));
    write(backendCertificate, tls.certificate);
    for (const [address, { tls: speaksTls }] of backendsOf(resolved.model)) {
      if (!realBackends.has(address)) backends.set(address, await startStubBackend(speaksTls ? { tls } : {}));
    }
    const model = inPrefix(resolved.model, (address) => realBackends.get(address) ?? backend(address).port);
    const makeCertificate = certificateFor ?? (({ hosts }: Site) => selfSigned(hosts));
    const certificates = new Map(model.sites.map((site) => [site.name, makeCertificate(site)]));
    for (const [name, pair] of [...certificates, [refusing, selfSigned([])] as const]) {
      const files = certificateFiles(name);
      write(files.certificate, pair.certificate);
      write(files.key, pair.key, 0o600);
    }
    mkdirSync(join(prefix, challenges));
    const { files } = render(model, target, templates);
    // Relative to the prefix, as all that nginx writes.
    for (const { path, text } of files) write(path, text.replaceAll('/var/log/nginx/', ''));
    running = await startNginx({
      nginx: nginx.path,
      prefix,
      configuration: httpConfiguration({
        includes: files.map(({ path }) => path),
        ...(workers === undefined ? {} : { workers }),
      }),
      readyPorts: free,
      ...(signal === undefined ? {} : { signal }),
    });
    return { nginx: running, port, backend, backends, certificates, challengeRoot: join(prefix, challenges), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function found<K, V>(map: ReadonlyMap<K, V>, key: K, what: string): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`no ${what} ${key}; there are: ${[...map.keys()].join(', ')}`);
  return value;
}

/** The names that backends with TLS are asked to prove. */
function backendNames(model: Model): string[] {
  const locations = model.sites.flatMap(({ locations }) => locations);
  return [...new Set(locations.flatMap(({ proxy }) => proxy?.tls?.name ?? []))];
}
