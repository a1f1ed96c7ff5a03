/** Small JSON files in the store, each replaced as a whole. */
import { join } from 'node:path';
import { readText, replaceFile } from './durable.ts';
import { type CertificateStore, certificateFolder, damaged, folderIn, inStore } from './store-folder.ts';

/**
 * An object in one of a certificate's own files; undefined when there is no such file.
 * @throws KeepgateError store-damaged (4), store-not-writable (4) when this user may not read it
 */
export function readDocument(store: CertificateStore, name: string, file: string): object | undefined {
  return inStore(store, () => parse(join(certificateFolder(store, name), file)));
}

/** Replaces one of a certificate's own files; mode 0600. @throws KeepgateError store-not-writable (4) */
export function saveDocument(store: CertificateStore, name: string, file: string, value: object): void {
  certificateFolder(store, name);
  inStore(store, () => replaceFile(join(folderIn(store, 'certificates', name), file), textOf(value)));
}

export const textOf = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** @throws KeepgateError store-damaged (4) */
export function parse(path: string): object | undefined {
  const text = readText(path);
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
