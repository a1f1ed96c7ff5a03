/** One session with each directory, opened when the first certificate needs it, and its account when something is signed. */
import type { CertificateSettings } from '../certs/settings.ts';
import { KeepgateError } from '../diagnostic.ts';
import { type DirectoryChoice, directoryOf } from './directory.ts';
import {
  type AcmeDirectory,
  type AcmeSession,
  openDirectory,
  type RenewalInfo,
  type SessionOptions,
} from './session.ts';

type At = Pick<CertificateSettings, 'directory' | 'caFile'>;

export interface Sessions {
  (at: At): Promise<AcmeSession>;
  /** Asks without an account. */
  renewalInfo(at: At, certificateId: string): Promise<RenewalInfo | undefined>;
}

/**
 * `staging`: `known`, the directory where the CA lets people try, or `named`, the given one where none is known.
 * @throws what `openSession` does from both, each time for a directory that failed
 */
export function sessions(
  options: Omit<SessionOptions, 'directory'>,
  { staging = 'none' }: { staging?: 'none' | 'known' | 'named' } = {},
): Sessions {
  const open = new Map<string, Promise<AcmeDirectory>>();
  const at = ({ directory = 'letsencrypt', caFile }: At) => {
    const id = `${directory}\0${caFile ?? ''}`;
    const found = open.get(id);
    if (found) return found;
    const given = directoryOf(directory, caFile);
    const opened = openDirectory({ ...options, directory: staging === 'none' ? given : stagingOf(given, staging) });
    open.set(id, opened);
    return opened;
  };
  return Object.assign(async (wanted: At) => (await at(wanted)).session(), {
    renewalInfo: async (wanted: At, certificateId: string) => (await at(wanted)).renewalInfo(certificateId),
  });
}

/** @throws KeepgateError no-staging-directory (1) */
function stagingOf(given: DirectoryChoice, staging: 'known' | 'named'): DirectoryChoice {
  const { name, stagingUrl, caFile } = given;
  if (stagingUrl !== undefined) return { name, url: stagingUrl, ...(caFile !== undefined && { caFile }) };
  if (name.endsWith('-staging') || staging === 'named') return given;
  throw new KeepgateError(1, {
    code: 'no-staging-directory',
    message: `${name} has no staging directory that keepgate knows, so nothing can be tried there`,
    help: 'Name a directory to try it at: --dry-run --directory https://…; nothing of a dry run is kept.',
  });
}
