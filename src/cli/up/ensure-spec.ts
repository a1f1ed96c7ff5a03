import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { KeepgateError } from '../../diagnostic.ts';
import type { NginxBinary } from '../../nginx/binary.ts';
import { printable } from '../../nginx/printable.ts';
import { normalHost, parseBackendUrl } from '../../spec/address.ts';
import type { SiteSpec, Spec } from '../../spec/types.gen.ts';
import { exitCode, type Io } from '../io.ts';
import type { AccountOptions } from '../issue-options.ts';
import { machinesDefaultServer } from '../machines-default-server.ts';
import { specText } from '../spec-text.ts';
import { validSpec } from '../valid-spec.ts';
import { writeNew } from '../write-new.ts';

const file = 'keepgate.yaml';

/**
 * Writes keepgate.yaml for these hosts, with what is said of the CA, unless it is there and for them and this upstream already.
 * @throws KeepgateError spec-exists, the first finding of a spec with errors (1), not-writable (4)
 */
export async function ensureSpec(
  { host: hosts, upstream, directory, caFile, email, agreeTos }: AccountOptions & { host: string[]; upstream: string },
  installed: NginxBinary | undefined,
  io: Io,
): Promise<number> {
  const path = resolve(io.cwd, file);
  const url = /^https?:\/\//.test(upstream) ? upstream : `http://${upstream}`;
  if (existsSync(path)) {
    const { spec } = await validSpec([file], io);
    const sites = Object.values(spec.sites ?? {});
    const [missing] = hosts.filter((host) => !sites.some((site) => isOf(site, host)));
    const other = sites.find((site) => hosts.some((host) => isOf(site, host)) && !leadsTo(site, url, spec.upstreams));
    if (missing === undefined && other === undefined) return exitCode.done;
    const is = `${file} exists already, and`;
    throw new KeepgateError(1, {
      code: 'spec-exists',
      message:
        missing !== undefined
          ? `${is} has no site for ${missing}`
          : `${is} its site for ${hosts.join(', ')} has the upstream ${printable(other?.upstream ?? 'of its routes')}, not ${printable(url)}`,
      help: `${missing !== undefined ? 'Add the site to it' : 'Change it there'} and run keepgate up without --host.`,
    });
  }
  writeNew(
    path,
    file,
    specText({
      preset: undefined,
      hosts,
      upstream: url,
      installed: installed?.target,
      defaultServer: machinesDefaultServer(installed?.confDir),
      acme: { directory, caFile: caFile && resolve(io.cwd, caFile), email, agreeToTerms: agreeTos },
    }),
    'Run keepgate up without --host.',
  );
  io.stderr.write(`wrote ${file}\n`);
  return exitCode.done;
}

const isOf = ({ hosts }: SiteSpec, host: string): boolean =>
  (hosts ?? []).some((one) => normalHost(one) === normalHost(host));

/** A named upstream leads to each of its servers. */
function leadsTo({ upstream = '' }: SiteSpec, url: string, upstreams: Spec['upstreams'] = {}): boolean {
  const wanted = backendOf(url);
  const named = Object.hasOwn(upstreams, upstream) ? upstreams[upstream] : undefined;
  const servers = named?.servers.map(
    (server) => `${named.tls ? 'https' : 'http'}://${typeof server === 'string' ? server : server.address}`,
  );
  return (servers ?? [upstream]).some((one) => backendOf(one) === wanted);
}

/** The same text for what means the same. */
const backendOf = (url: string): string => JSON.stringify(parseBackendUrl(url));
