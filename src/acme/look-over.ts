/** A certificate of the store as it is now: what is served, when it is renewed, what went wrong. Reads, changes nothing. */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { checkVersion } from '../certs/new-version.ts';
import type { CertificateSettings } from '../certs/settings.ts';
import { type CertificateState, statusOf } from '../certs/status.ts';
import {
  type CertificateStore,
  type Live,
  liveVersion,
  type StoredVersion,
  settingsOf,
  type VersionMeta,
  versionsOf,
} from '../certs/store.ts';
import { folderBelow } from '../certs/store-folder.ts';
import { readStored } from '../certs/stored-file.ts';
import { KeepgateError } from '../diagnostic.ts';
import { certificateFiles } from '../model/store-paths.ts';
import { type Asked, changes } from './changes.ts';
import { directoryOf } from './directory.ts';
import { decideRenewal, type RenewalDecision } from './renewal.ts';
import type { RenewalState } from './renewal-state.ts';
import { stateOf } from './state-file.ts';

export interface CertificateReport {
  readonly name: string;
  readonly state: CertificateState;
  readonly words: string;
  readonly names: readonly string[];
  readonly settings?: CertificateSettings;
  /** What is served, unless it is a stand-in. */
  readonly version?: { readonly number: number; readonly meta: VersionMeta };
  /** Numbers, the oldest first. */
  readonly versions: readonly number[];
  /** Only for those that keepgate renews. */
  readonly renewal?: RenewalDecision;
  readonly memory: RenewalState;
}

/** @throws KeepgateError store-not-writable (4) when this user may not read the store */
export function lookOver(store: CertificateStore, name: string, now: Date): CertificateReport {
  const memory = stateOf(store, name);
  try {
    return report(store, name, memory, now);
  } catch (error) {
    // One that is damaged hides none of the others; a store that is closed hides all.
    if (!(error instanceof KeepgateError) || error.diagnostic.code === 'store-not-writable') throw error;
    return { name, state: 'broken', words: error.message, names: [], versions: [], memory };
  }
}

function report(store: CertificateStore, name: string, memory: RenewalState, now: Date): CertificateReport {
  const settings = settingsOf(store, name);
  const live = liveVersion(store, name);
  const versions = versionsOf(store, name);
  const version = typeof live === 'object' ? live : undefined;
  const origin = settings?.origin ?? version?.meta.origin ?? 'acme';
  const served = version && validityOf(version.meta);
  const changed = version && settings ? changes(asked(version.meta), asked(settings)) : [];
  const decision = decideRenewal({ now, state: memory, changed, ...(served && { certificate: served }) });
  const problem = problemOf(store, name, live, versions, now);
  const standInSince = typeof live === 'string' ? sinceOf(store, name) : undefined;
  const status = statusOf({
    ...{ now, origin, decision },
    ...(served && { served }),
    ...(problem !== undefined && { problem }),
    ...(standInSince && { standInSince }),
  });
  return {
    ...{ name, ...status, memory },
    names: settings?.names ?? version?.meta.names ?? [],
    versions: versions.map(({ number }) => number),
    ...(settings && { settings }),
    ...(version && { version: { number: version.number, meta: version.meta } }),
    ...(origin === 'acme' && { renewal: decision }),
  };
}

/** A directory by its name is the same as by its URL. */
const asked = ({ names, keyType, profile, directory }: CertificateSettings | VersionMeta): Asked => ({
  ...{ names, keyType },
  ...(profile !== undefined && { profile }),
  ...(directory !== undefined && { directory: directoryOf(directory).url }),
});

const validityOf = ({ notBefore, notAfter, serial }: VersionMeta) => ({
  ...{ notBefore: new Date(notBefore), notAfter: new Date(notAfter), serial },
});

/** What would fail with the next start of nginx, or fails in each client now. */
function problemOf(
  store: CertificateStore,
  name: string,
  live: Live | undefined,
  versions: readonly StoredVersion[],
  now: Date,
): string | undefined {
  const { certificate } = certificateFiles(store.root, name);
  if (live === undefined) return versions.length > 0 ? `${certificate} leads to no version that is whole` : undefined;
  if (typeof live === 'string') return undefined;
  const [fullchain = '', key = ''] = ['fullchain.pem', 'privkey.pem'].map((file) =>
    readStored(join(live.folder, file)),
  );
  const { names } = live.meta;
  return checkVersion({ fullchain, key, names }, `the certificate "${name}"`, now).find(
    ({ code, severity }) => severity === 'error' && !expected.includes(code),
  )?.message;
}

/** Expiry has a state of its own; and one that is not valid yet is new, and the clock slow. */
const expected = ['certificate-expired', 'certificate-not-yet-valid'];

function sinceOf(store: CertificateStore, name: string): Date | undefined {
  const text = readStored(join(folderBelow(store, 'stand-in', name), 'fullchain.pem'));
  try {
    return new Date(new X509Certificate(text ?? '').validFrom);
  } catch {
    return undefined;
  }
}
