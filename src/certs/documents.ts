/** Small JSON files in the store, each replaced as a whole. */
import { join } from 'node:path';
import { replaceFile, replaceFiles } from '../files/durable.ts';
import { damaged, inStore, soonInStore } from './store-failure.ts';
import { type CertificateStore, certificateFolder, ownFolder } from './store-folder.ts';
import { readStored } from './stored-file.ts';

/**
 * An object in one of a certificate's own files; undefined when there is no such file.
 * @throws KeepgateError store-damaged (4), store-not-writable (4) when this user may not read it
 */
export function readDocument(store: CertificateStore, name: string, file: string): object | undefined {
  return inStore(() => parse(join(certificateFolder(store, name), file)));
}

/**
 * Replaces some of a certificate's own files, in this order; mode 0600. They are on the disk when it resolves.
 * @throws KeepgateError store-not-writable (4)
 */
export function saveDocuments(
  store: CertificateStore,
  name: string,
  files: Readonly<Record<string, object | string>>,
): Promise<void> {
  const texts = Object.entries(files).map(([file, value]) => [file, typeof value === 'string' ? value : textOf(value)]);
  return soonInStore(() => replaceFiles(ownFolder(store, name), Object.fromEntries(texts)));
}

/** Replaces one that nothing depends on: after a power failure it may be damaged. @throws KeepgateError store-not-writable (4) */
export function noteDocument(store: CertificateStore, name: string, file: string, value: object): void {
  inStore(() => replaceFile(join(ownFolder(store, name), file), textOf(value), 'later'));
}

export const textOf = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** @throws KeepgateError store-damaged (4) */
export function parse(path: string): object | undefined {
  const text = readStored(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(path, 'it is not an object');
  return value;
}
