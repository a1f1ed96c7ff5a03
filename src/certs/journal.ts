/** The issuance in flight of a certificate: what a run after a crash goes on from. */
import { createHash } from 'node:crypto';
import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, replaceFile } from '../files/durable.ts';
import { readDocument, saveDocuments } from './documents.ts';
import { damaged, inStore } from './store-failure.ts';
import { type CertificateStore, certificateFolder } from './store-folder.ts';
import { readStored } from './stored-file.ts';

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
  /** Which key the order is for: the SHA-256 of its PEM, as `savePending` makes it. */
  readonly keyHash?: string;
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
 * that an order is never without one, and another order's key is set aside before that.
 * @throws KeepgateError store-damaged (4), store-not-writable (4)
 */
export async function savePending(store: CertificateStore, name: string, pending: Pending, key: string): Promise<void> {
  const keyHash = hash(key);
  const earlier = readPending(store, name);
  if (earlier !== undefined && earlier.keyHash !== keyHash) setPendingKeyAside(store, name);
  await saveDocuments(store, name, { [keyFile]: key, [file]: { ...pending, keyHash } });
}

/** The key that this order in flight is for: PKCS#8 as PEM. Undefined when it is lost. */
export function readPendingKey(store: CertificateStore, name: string, pending: Pending): string | undefined {
  const folder = certificateFolder(store, name);
  const keys = [keyFile, asideFile(pending)].flatMap((key) => readStored(join(folder, key)) ?? []);
  return keys.find((key) => hash(key) === (pending.keyHash ?? hash(key)));
}

/**
 * Puts the key of the order in flight under a name of its own as well, where it outlives the order: the CA may have issued
 * for it, and a certificate without its key is of no use.
 */
export function setPendingKeyAside(store: CertificateStore, name: string): void {
  const pending = readPending(store, name);
  const key = pending && readPendingKey(store, name, pending);
  if (pending === undefined || key === undefined) return;
  inStore(() => replaceFile(join(certificateFolder(store, name), asideFile(pending)), key));
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const asideFile = ({ orderUrl }: Pending): string => `pending-${hash(orderUrl).slice(0, 16)}.key`;

/** Milliseconds that a key stays aside. No CA gives out the certificate of an order for longer. */
const longAside = 400 * 86_400_000;

/** Forgets the order and its key, but for what was set aside: the certificate is in its place, or there will be none. */
export function clearPending(store: CertificateStore, name: string): void {
  const folder = certificateFolder(store, name);
  inStore(() => {
    // The key goes last: an order without its key is lost, a key without an order is not. If a power failure brings both
    // back, the version in the store says that the order is done.
    rmSync(join(folder, file), { force: true });
    rmSync(join(folder, keyFile), { force: true });
    for (const aside of namesIn(folder).filter((entry) => /^pending-[0-9a-f]{16}\.key$/.test(entry))) {
      const path = join(folder, aside);
      if (lstatSync(path).mtimeMs < Date.now() - longAside) rmSync(path, { force: true });
    }
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
