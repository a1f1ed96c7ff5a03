/** The issuance in flight of a certificate: what a run after a crash goes on from. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readDocument, saveDocuments } from './documents.ts';
import { readText } from './durable.ts';
import { type CertificateStore, certificateFolder, damaged, inStore } from './store-folder.ts';

export interface Pending {
  readonly orderUrl: string;
  readonly directory: string;
  readonly names: readonly string[];
  readonly keyType: string;
  readonly profile?: string;
  /** The ARI identifier of the certificate that it takes the place of. */
  readonly replaces?: string;
  /** RFC 3339. */
  readonly startedAt: string;
}

const file = 'pending.json';
const keyFile = 'pending.key';

/** @throws KeepgateError store-damaged (4) */
export function readPending(store: CertificateStore, name: string): Pending | undefined {
  const found = readDocument(store, name, file);
  if (found === undefined || isPending(found)) return found;
  throw damaged(join(certificateFolder(store, name), file), 'it lacks what an order is resumed from');
}

/**
 * Keeps an order and the key (PKCS#8 as PEM) that it is for; has to be done before the CA may issue. The key goes first, so
 * that an order is never without one.
 * @throws KeepgateError store-not-writable (4)
 */
export function savePending(store: CertificateStore, name: string, pending: Pending, key: string): Promise<void> {
  return saveDocuments(store, name, { [keyFile]: key, [file]: pending });
}

/** The key that the order in flight is for: PKCS#8 as PEM. */
export function readPendingKey(store: CertificateStore, name: string): string | undefined {
  return inStore(store, () => readText(join(certificateFolder(store, name), keyFile)));
}

/** Forgets the order and its key: the certificate is in its place, or the order is lost. */
export function clearPending(store: CertificateStore, name: string): void {
  const folder = certificateFolder(store, name);
  inStore(store, () => {
    // The key goes last: an order without its key is lost, a key without an order is not. If a power failure brings both
    // back, the version in the store says that the order is done.
    rmSync(join(folder, file), { force: true });
    rmSync(join(folder, keyFile), { force: true });
  });
}

function isPending(value: Partial<Pending>): value is Pending {
  const { directory, names, keyType, startedAt, orderUrl } = value;
  return (
    [directory, keyType, startedAt, orderUrl].every((text) => typeof text === 'string') &&
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string')
  );
}
