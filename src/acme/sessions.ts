/** One session with each directory, opened when the first certificate needs it. */
import type { CertificateSettings } from '../certs/settings.ts';
import { directoryOf, stagingOf } from './directory.ts';
import { type AcmeSession, openSession, type SessionOptions } from './session.ts';

export type Sessions = (settings: Pick<CertificateSettings, 'directory' | 'caFile'>) => Promise<AcmeSession>;

/** `staging`: the directory where a CA lets people try. @throws what `openSession` does, each time for a directory that failed */
export function sessions(
  options: Omit<SessionOptions, 'directory'>,
  { staging = false }: { staging?: boolean } = {},
): Sessions {
  const open = new Map<string, Promise<AcmeSession>>();
  return ({ directory = 'letsencrypt', caFile }) => {
    const id = `${directory}\0${caFile ?? ''}`;
    const found = open.get(id);
    if (found) return found;
    const given = directoryOf(directory, caFile);
    const session = openSession({ ...options, directory: staging ? stagingOf(given) : given });
    open.set(id, session);
    return session;
  };
}
