/** The key store that the settings on disk name, opened as the API opens it when it is started. */
import { isAbsolute } from 'node:path';
import type { Owner } from '../files/durable.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { installationOf } from './installation.ts';
import { type OpenedKeyStore, openKeyStore } from './key-store-contents.ts';
import { keyStoreFile } from './key-store-file.ts';
import { type Layers, overlaid, valueAt } from './overlay.ts';

/** Undefined where there is none, or where this user may not read it. `owner`: the user that Domino runs as. */
export async function configuredKeyStore(layers: Layers, owner: Owner): Promise<OpenedKeyStore | undefined> {
  const kind = installationOf(layers).tls?.value;
  if (kind === undefined || kind === 'certmgr') return undefined;
  const settings = overlaid(layers);
  const textAt = (key: string): string | undefined => {
    const value = valueAt(settings, [key]);
    return typeof value === 'string' ? value : undefined;
  };
  const paths = (kind === 'pem' ? ['TLSFile', 'PEMCert'] : ['TLSFile']).map((key) => textAt(key) ?? '');
  if (!paths.every(isAbsolute) || paths.some((path) => readRegularFile(path).state === 'unreadable')) return undefined;
  const [problem] = paths.flatMap((path) => keyStoreFile(path, owner));
  return problem ? { diagnostics: [problem] } : openKeyStore(kind, paths, textAt('TLSPassword'));
}
