import { createPrivateKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { readRequest, waitingNames } from './request.ts';
import { names } from './store.ts';
import type { CertificateStore } from './store-folder.ts';
import { readStored } from './stored-file.ts';
import { versionsOf } from './versions.ts';

export interface StoredKey {
  /** Of the certificate that it waits for, or belongs to. */
  readonly name: string;
  readonly key: KeyObject;
}

/**
 * The keys that a certificate from outside may be for: those of requests first, then those of versions, since a CA may renew
 * a certificate without a new request.
 */
export function* storedKeys(store: CertificateStore): Generator<StoredKey> {
  for (const name of waitingNames(store)) {
    const waiting = readRequest(store, name);
    if (waiting) yield { name, key: createPrivateKey(waiting.key) };
  }
  for (const name of names(store)) {
    for (const { folder } of versionsOf(store, name).reverse()) {
      const text = readStored(join(folder, 'privkey.pem'));
      if (text !== undefined) yield { name, key: createPrivateKey(text) };
    }
  }
}
