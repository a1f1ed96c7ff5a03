import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KeepgateError, reaches } from '../../diagnostic.ts';
import type { HeldFolder } from '../../files/held-folder.ts';
import type { NginxBinary } from '../../nginx/binary.ts';
import { printable } from '../../nginx/printable.ts';
import { withSite } from '../../spec/add-site.ts';
import { normalHost, parseBackendUrl } from '../../spec/address.ts';
import { freeSiteName } from '../../spec/site-name.ts';
import type { AcmeOptions, SiteSpec, Spec } from '../../spec/types.gen.ts';
import { configure } from '../configuration.ts';
import { exitCode, type Io } from '../io.ts';
import { type AccountOptions, type ChallengeOptions, challengeChoice } from '../issue-options.ts';
import { machinesDefaultServer } from '../machines-default-server.ts';
import { say } from '../report/say.ts';
import { specText } from '../spec-text.ts';
import { layoutOf, namedTarget } from '../target.ts';
import { upstreamUrl } from '../upstream-url.ts';
import { validSpecIn } from '../valid-spec.ts';
import { writeNew } from '../write-new.ts';
import { type Existing, holdSpecFolder, readExisting, replaceExisting } from './existing-spec.ts';

export const file = 'keepgate.yaml';

export interface WantedSite extends AccountOptions, ChallengeOptions {
  readonly host: readonly string[];
  readonly upstream: string;
  readonly format: 'text' | 'json';
}

/** Tries the rest of the way with this text of keepgate.yaml, and changes nothing; resolves to the exit code. */
export type Rehearsal = (text: string, io: Io) => Promise<number>;

/**
 * Sees to it that keepgate.yaml has a site for these hosts with this upstream, and with what is said of the CA: writes it where
 * there is none, else adds the site to it. Nothing is written that has an error, or that would not be installed.
 * @throws KeepgateError spec-exists, the first finding of a spec with errors (1), not-writable (4)
 */
export async function ensureSpec(
  wanted: WantedSite,
  installed: NginxBinary,
  rehearse: Rehearsal,
  io: Io,
): Promise<number> {
  const folder = holdSpecFolder(io.cwd, file);
  try {
    return await ensureIn(folder, wanted, installed, rehearse, io);
  } finally {
    folder.release();
  }
}

async function ensureIn(
  folder: HeldFolder,
  wanted: WantedSite,
  installed: NginxBinary,
  rehearse: Rehearsal,
  io: Io,
): Promise<number> {
  const place = join(folder.path, file);
  const existing = readExisting(place, file);
  const text = existing === undefined ? newText(wanted, installed, io) : textWithSite(existing, wanted, io);
  if (text === undefined) return exitCode.done;
  const name = existing === undefined ? 'the new spec' : `${file}, with the new site`;
  const wrong = (await problemsOf(text, name, installed, wanted.format, io))
    ? exitCode.usage
    : await rehearse(text, io);
  if (wrong !== exitCode.done) return wrong;
  if (existing === undefined)
    writeNew(resolve(io.cwd, file), file, text, 'Run the same command again: it adds the site to it.');
  else replaceExisting(place, file, existing, text);
  if (wanted.format === 'text')
    io.stderr.write(existing === undefined ? `wrote ${file}\n` : `added the site to ${file}\n`);
  return exitCode.done;
}

/** Whether there are errors, which are reported: in the values, or between them and the rest of the spec. */
async function problemsOf(
  text: string,
  shown: string,
  installed: NginxBinary,
  format: 'text' | 'json',
  io: Io,
): Promise<boolean> {
  const configured = await configure([{ file: shown, bytes: Buffer.from(text) }], {
    allowRaw: true,
    layout: (spec) => layoutOf(spec.nginx, installed.confDir),
    target: (spec, places) => namedTarget({}, spec.nginx, places, io) ?? installed.target,
  });
  const { diagnostics } = configured.ok ? configured.configuration : configured;
  if (configured.ok && !reaches(diagnostics, 'error')) return false;
  await say({ format, diagnostics, ignored: [] }, io);
  return true;
}

function newText({ host: hosts, upstream, ...wanted }: WantedSite, installed: NginxBinary, io: Io): string {
  return specText({
    preset: undefined,
    hosts,
    upstream: upstreamUrl(upstream),
    installed: installed.target,
    defaultServer: machinesDefaultServer(installed.confDir),
    acme: acmeOf(wanted, io),
  });
}

/** What the command line says of the CA, as a spec has it. @throws UsageError */
function acmeOf(options: AccountOptions & ChallengeOptions, { cwd }: Io): AcmeOptions {
  const { directory, caFile, email, agreeTos } = options;
  const challenge = challengeChoice(options, cwd);
  return {
    ...(directory !== undefined && { directory }),
    ...(caFile !== undefined && { caFile: resolve(cwd, caFile) }),
    ...(email !== undefined && { email }),
    ...(agreeTos && { agreeToTerms: true }),
    ...(typeof challenge === 'object' && 'dns-01' in challenge && { challenge }),
  };
}

/** Undefined where the site is there. @throws KeepgateError spec-exists, the first finding of a spec with errors (1) */
function textWithSite(existing: Existing, wanted: WantedSite, io: Io): string | undefined {
  const { spec } = validSpecIn([{ file, bytes: existing.bytes }]);
  const url = upstreamUrl(wanted.upstream);
  const all = spec.sites ?? {};
  const theirs = wanted.host.map((host) => Object.values(all).find((site) => isOf(site, host)));
  const other = theirs.find((site) => site && !leadsTo(site, url, spec.upstreams));
  if (other)
    throw exists(
      `its site for ${wanted.host.join(', ')} has the upstream ${printable(other.upstream ?? 'of its routes')}, not ${printable(url)}`,
      'Change it there and run keepgate up without --host.',
    );
  if (theirs.every((site) => site !== undefined)) return undefined;
  const known = wanted.host.filter((_, index) => theirs[index]);
  if (known.length > 0)
    throw exists(
      `its site for ${known.join(', ')} is not for ${wanted.host.filter((host) => !known.includes(host)).join(', ')}`,
      'Add it to the hosts of that site and run keepgate up without --host.',
    );
  const acme = differing(acmeOf(wanted, io), spec.acme ?? {});
  const site: SiteSpec = {
    hosts: [...wanted.host] as [string, ...string[]],
    upstream: url,
    ...(Object.keys(acme).length > 0 && { acme }),
  };
  const text = withSite(existing.text, freeSiteName(wanted.host[0] ?? '', Object.keys(all)), site);
  if (text !== undefined) return text;
  throw exists(
    `a site can't be added to it without changing more of it`,
    `Add it below "sites" yourself and run keepgate up without --host: ${JSON.stringify(site)}`,
  );
}

const exists = (what: string, help: string): KeepgateError =>
  new KeepgateError(1, { code: 'spec-exists', message: `${file} exists already, and ${what}`, help });

/** What the spec does not say already for all of its sites. */
function differing(given: AcmeOptions, common: AcmeOptions): AcmeOptions {
  const has: Readonly<Record<string, unknown>> = { ...common };
  return Object.fromEntries(Object.entries(given).filter(([key, value]) => !isDeepStrictEqual(value, has[key])));
}

const isOf = ({ hosts }: SiteSpec, host: string): boolean =>
  (hosts ?? []).some((one) => normalHost(one) === normalHost(host));

/** A named upstream leads to each of its servers. */
function leadsTo({ upstream = '' }: SiteSpec, url: string, upstreams: Spec['upstreams'] = {}): boolean {
  if (upstream === url) return true;
  const wanted = backendOf(url);
  const named = Object.hasOwn(upstreams, upstream) ? upstreams[upstream] : undefined;
  const servers = named?.servers.map(
    (server) => `${named.tls ? 'https' : 'http'}://${typeof server === 'string' ? server : server.address}`,
  );
  return (servers ?? [upstream]).some((one) => backendOf(one) === wanted);
}

/** The same text for what means the same. */
const backendOf = (url: string): string => JSON.stringify(parseBackendUrl(url));
