import type { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { certificateNameOf, checkCertificateName } from '../../../certs/certificate-name.ts';
import { alternativeNames, isFor, nameOf } from '../../../certs/chain.ts';
import { neededCertificates, nameOf as storedAs } from '../../../deploy/plan-stand-ins.ts';
import { normalHost } from '../../../spec/address.ts';
import type { Io } from '../../io.ts';
import { readSpecFiles } from '../../spec-files.ts';
import { UsageError } from '../../usage-error.ts';
import { configureHere } from './configure-here.ts';

export interface ImportName {
  readonly name: string;
  /** What it has to be for: the hosts of the site that is called so, else all that it says. */
  readonly names: readonly string[];
}

/**
 * What the store is to call a certificate: what --name says, what its key waited for, the one site of keepgate.yaml that it
 * is for, or its own first name.
 * @throws UsageError when it is for several sites
 */
export async function importName(
  leaf: X509Certificate,
  { name, waited }: { name?: string | undefined; waited?: string | undefined },
  io: Io,
): Promise<ImportName> {
  const own = alternativeNames(leaf).map((each) => (each.includes(':') ? normalHost(each).slice(1, -1) : each));
  const names = own.length > 0 ? own : [nameOf(leaf)];
  const sites = await sitesHere(io);
  const given = name ?? waited;
  if (given !== undefined) {
    checkCertificateName(given);
    return { name: given, names: sites.find((site) => site.name === given)?.names ?? names };
  }
  const fitting = sites.filter((site) => site.names.every((host) => isFor(leaf, host)));
  return onlySite(fitting) ?? { name: certificateNameOf(names[0] ?? ''), names };
}

/**
 * What the store is to call the certificate that is requested for these hosts: as the one site of keepgate.yaml that it would
 * be for, else by the first host.
 * @throws UsageError when it would be for several sites
 */
export async function requestName(hosts: readonly string[], io: Io): Promise<string> {
  const covers = (host: string) => hosts.includes(host) || hosts.includes(host.replace(/^[^.]+/, '*'));
  const sites = await sitesHere(io);
  return onlySite(sites.filter(({ names }) => names.every(covers)))?.name ?? certificateNameOf(hosts[0] ?? '');
}

function onlySite(fitting: readonly ImportName[]): ImportName | undefined {
  if (fitting.length <= 1) return fitting[0];
  const list = fitting.map(({ name }) => name).join(', ');
  throw new UsageError(`it is for several sites (${list}); choose with --name`);
}

/** The sites of keepgate.yaml whose certificate is in the store; none where there is no spec, or one with errors. */
async function sitesHere(io: Io): Promise<ImportName[]> {
  if (!existsSync(resolve(io.cwd, 'keepgate.yaml'))) return [];
  const configured = await configureHere(await readSpecFiles([], io), io);
  if (!configured.ok) return [];
  return neededCertificates(configured.configuration.resolved)
    .filter(({ hosts, selfSigned }) => hosts.length > 0 && !selfSigned)
    .map((needed) => ({ name: storedAs(needed), names: needed.hosts.map((host) => host.replace(/^\[(.*)\]$/, '$1')) }));
}
