/** The keys that wait in the store for the answer of a CA that people ask: `cert csr` makes them, `cert import` uses them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, syncFolder } from '../files/durable.ts';
import { isCertificateName } from './certificate-name.ts';
import { readDocument, saveDocuments } from './documents.ts';
import { damaged, inStore } from './store-failure.ts';
import { type CertificateStore, certificateFolder, folderBelow, folderIn } from './store-folder.ts';
import { readStored } from './stored-file.ts';

export interface WaitingRequest {
  readonly names: readonly string[];
  readonly keyType: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

const file = 'request.json';
const keyFile = 'request.key';

/** The request of this certificate, and its key as PEM. @throws KeepgateError store-damaged (4) */
export function readRequest(
  store: CertificateStore,
  name: string,
): { readonly request: WaitingRequest; readonly key: string } | undefined {
  const request = readDocument(store, name, file);
  if (request === undefined) return undefined;
  const path = join(certificateFolder(store, name), keyFile);
  const key = readStored(path);
  if (key === undefined || !isRequest(request)) throw damaged(path, 'it, or request.json beside it, is not whole');
  return { request, key };
}

/** The key goes first, so that a request is never without one. Only for the holder of the lock. */
export function saveRequest(
  store: CertificateStore,
  name: string,
  request: WaitingRequest,
  key: string,
): Promise<void> {
  return saveDocuments(store, name, { [keyFile]: key, [file]: request });
}

/** Forgets the request: its key is that of a version now. */
export function clearRequest(store: CertificateStore, name: string): void {
  const folder = certificateFolder(store, name);
  inStore(() => {
    rmSync(join(folder, file), { force: true });
    rmSync(join(folder, keyFile), { force: true });
    syncFolder(folderIn(store, 'certificates', name));
  });
}

/** The certificates that a request waits for, sorted by name. */
export function waitingNames(store: CertificateStore): string[] {
  return inStore(() => namesIn(folderBelow(store, 'certificates')))
    .filter(isCertificateName)
    .filter((name) => readStored(join(certificateFolder(store, name), file)) !== undefined);
}

function isRequest(value: Partial<WaitingRequest>): value is WaitingRequest {
  const { names, keyType, createdAt } = value;
  return Array.isArray(names) && typeof keyType === 'string' && typeof createdAt === 'string';
}
