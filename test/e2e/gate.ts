/** What the end-to-end tests share: a spec as text, served by the nginx of a Debian suite for one `describe`. */
import { dirname } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { inspectNginx } from '../../src/nginx/binary.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { type Gate, type GateOptions, startGate } from '../../src/verify/harness.ts';
import type { RecordedRequest } from '../../src/verify/stub-backend.ts';
import { nginxOf, type Suite } from '../parts.ts';
import type { TlsOptions } from '../wire/tls.ts';

/** Starts one gate before the tests of the enclosing `describe` and stops it after them; what it returns gives it. */
export function gateFor(
  suite: Suite,
  text: string,
  options: Pick<GateOptions, 'certificateFor' | 'workers' | 'allowRaw' | 'templates'> = {},
  /** Real backends, started by then; see `GateOptions`. */
  realBackends?: () => ReadonlyMap<string, number>,
): () => Gate {
  let gate: Gate | undefined;
  beforeAll(async () => {
    const { spec, places, diagnostics } = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(text) }]);
    if (spec === undefined || diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
    gate = await startGate({
      nginx: await inspectNginx(nginxOf(suite)),
      spec,
      places,
      ...options,
      ...(realBackends && { realBackends: realBackends() }),
    });
  });
  afterAll(() => gate?.stop());
  return () => {
    if (gate === undefined) throw new Error('the gate is there while tests run, not before');
    return gate;
  };
}

/** A client that asks for a host name and trusts the certificate of the site, and no other. */
export function clientOf(gate: Gate, site: string, servername: string, port = 443) {
  const pair = gate.certificates.get(site);
  if (pair === undefined) throw new Error(`no site ${site}`);
  return { port: gate.port(port), servername, ca: pair.certificate } satisfies TlsOptions;
}

/** nginx's folder: logs and certificates are in it. */
export function prefixOf(gate: Gate): string {
  return dirname(gate.challengeRoot);
}

/** All values of a header as it arrived. */
export function valuesOf(request: Pick<RecordedRequest, 'headers'> | undefined, name: string): string[] {
  const lower = name.toLowerCase();
  return (request?.headers ?? []).filter(([given]) => given.toLowerCase() === lower).map(([, value]) => value);
}

/** The backend's record of a request, which it echoes. */
export function echoed(response: { readonly body: Buffer }): RecordedRequest {
  return JSON.parse(response.body.toString());
}
