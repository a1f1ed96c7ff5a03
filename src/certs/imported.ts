/** Certificates that somebody else issues, and that people bring. */
import { join } from 'node:path';
import { clearRequest, readRequest } from './request.ts';
import { keyTypes } from './settings.ts';
import {
  addVersion,
  type CertificateStore,
  liveVersion,
  type NewVersion,
  prune,
  type StoredVersion,
  saveSettings,
  settingsOf,
  switchTo,
} from './store.ts';
import { readStored } from './stored-file.ts';

export interface Imported {
  readonly version: StoredVersion;
  /** False when this is what was served already. */
  readonly changed: boolean;
  /** It came by ACME so far, and is watched but not renewed from now on. */
  readonly wasRenewed: boolean;
}

/**
 * Enters a certificate and serves it; the key of its request waits no longer. Only for the holder of the lock.
 * @throws KeepgateError as `addVersion` does
 */
export async function enterImported(
  store: CertificateStore,
  name: string,
  given: NewVersion,
  now: Date,
): Promise<Imported> {
  const wasRenewed = settingsOf(store, name)?.origin === 'acme';
  const live = liveVersion(store, name);
  const same = typeof live === 'object' && fullchainOf(live) === given.fullchain ? live : undefined;
  const version = same ?? (await addVersion(store, name, given, now));
  const keyType = keyTypes.find((type) => type === version.meta.keyType) ?? 'ec-p256';
  await saveSettings(store, name, { names: given.names, origin: 'import', keyType });
  if (same === undefined) switchTo(store, name, version);
  if (readRequest(store, name)?.key === given.key) clearRequest(store, name);
  prune(store, name);
  return { version, changed: same === undefined, wasRenewed };
}

const fullchainOf = ({ folder }: StoredVersion): string | undefined => readStored(join(folder, 'fullchain.pem'));
