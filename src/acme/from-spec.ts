/** From a spec to the certificates that its sites ask for. */
import { dirname, resolve } from 'node:path';
import type { CertificateSettings } from '../certs/settings.ts';
import type { ExpandedSite } from '../model/expand.ts';
import type { Places } from '../spec/load.ts';
import type { AcmeOptions } from '../spec/types.gen.ts';
import type { ChallengeChoice } from './solvers/solver.ts';

/** A certificate that should be in the store. */
export interface WantedCertificate {
  /** Its name in the store: the site's. */
  readonly name: string;
  readonly settings: CertificateSettings;
  readonly options: AcmeOptions;
  readonly externalAccount: { readonly kidFile: string; readonly keyFile: string } | undefined;
}

/** One for each site with `tls.certificate: acme`. Paths in the spec are relative to the folder of the file that they stand in. */
export function certificatesOf(sites: readonly ExpandedSite[], places: Places, cwd: string): WantedCertificate[] {
  return sites
    .filter(({ options }) => options.tls.certificate === 'acme')
    .map(({ name, specName, options: { hosts, acme } }) => {
      const folder = (path: string[]) => {
        const file = places.file(path);
        return file === '' || file.startsWith('<') ? cwd : resolve(cwd, dirname(file));
      };
      const absolute = (path: string) => resolve(folder(['sites', specName]), path);
      const eab = acme.externalAccount;
      const externalAccount = eab && { kidFile: absolute(eab.kidFile), keyFile: absolute(eab.keyFile) };
      return { name, options: acme, externalAccount, settings: settingsOf(hosts ?? [], acme, absolute) };
    });
}

function settingsOf(
  hosts: readonly string[],
  acme: AcmeOptions,
  absolute: (path: string) => string,
): CertificateSettings {
  const {
    directory = 'letsencrypt',
    keyType = 'ec-p256',
    profile,
    preferredChain,
    caFile,
    reuseKey,
    deployHook,
    keep,
  } = acme;
  return {
    origin: 'acme',
    names: hosts.map((host) => host.replace(/^\[(.*)\]$/, '$1')),
    directory,
    keyType,
    challenge: challengeOf(acme.challenge, absolute),
    ...(profile !== undefined && { profile }),
    ...(preferredChain !== undefined && { preferredChain }),
    ...(caFile !== undefined && { caFile: absolute(caFile) }),
    ...(reuseKey !== undefined && { reuseKey }),
    ...(deployHook !== undefined && { deployHook: absolute(deployHook) }),
    ...(keep !== undefined && { keep }),
  };
}

function challengeOf(choice: AcmeOptions['challenge'], absolute: (path: string) => string): ChallengeChoice {
  if (typeof choice !== 'object') return 'http-01';
  const { exec, rfc2136 } = choice['dns-01'];
  if (exec !== undefined) return { 'dns-01': { exec: absolute(exec) } };
  if (rfc2136 !== undefined) return { 'dns-01': { rfc2136: { ...rfc2136, keyFile: absolute(rfc2136.keyFile) } } };
  return 'http-01';
}
