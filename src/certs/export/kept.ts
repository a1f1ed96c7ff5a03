/** Exports that are made anew when their certificate is: `certificates/NAME/exports.json`. */
import { join } from 'node:path';
import { readDocument, saveDocuments } from '../documents.ts';
import { withLock } from '../lock.ts';
import { damaged } from '../store-failure.ts';
import { type CertificateStore, certificateFolder } from '../store-folder.ts';
import { type ExportFormat, exportFormats } from './formats.ts';
import { isOwnerChoice, type OwnerChoice } from './owner.ts';
import type { KeptPassword } from './password.ts';
import type { ExportPaths } from './place.ts';

export interface KeptExport extends ExportPaths {
  readonly as: ExportFormat;
  readonly alias: string;
  readonly owner: OwnerChoice;
  /** Where it is, never what it is. */
  readonly password: KeptPassword;
  /** Absolute path of a program that has what uses it read it anew. */
  readonly hook?: string;
  /** SHA-256 of the certificate that is in it, and that the hook has heard of. */
  readonly fingerprint: string;
}

const file = 'exports.json';

/** @throws KeepgateError store-damaged (4) */
export function keptExports(store: CertificateStore, name: string): readonly KeptExport[] {
  const found: { exports?: unknown } | undefined = readDocument(store, name, file);
  if (found === undefined) return [];
  const { exports } = found;
  if (Array.isArray(exports) && exports.every(isKept)) return exports;
  throw damaged(join(certificateFolder(store, name), file), 'an export in it lacks what it is made by');
}

/** Only for the holder of the lock. @throws KeepgateError store-not-writable (4) */
export function saveKeptExports(store: CertificateStore, name: string, exports: readonly KeptExport[]): Promise<void> {
  return saveDocuments(store, name, { [file]: { version: 1, exports } });
}

/** Keeps this one current from now on, in the place of one at the same path, or no longer. @throws KeepgateError of the store (4) */
export async function rememberExport(
  store: CertificateStore,
  name: string,
  isKept: boolean,
  entry: KeptExport,
): Promise<void> {
  await withLock(store, { wait: 60_000 }, async () => {
    const others = keptExports(store, name).filter(({ out }) => out !== entry.out);
    await saveKeptExports(store, name, isKept ? [...others, entry] : others);
  });
}

function isKept(value: Partial<KeptExport> | null): value is KeptExport {
  const { as, out, alias, owner, password, fingerprint } = value ?? {};
  return (
    exportFormats.some((format) => format === as) &&
    [out, alias, fingerprint].every((text) => typeof text === 'string') &&
    typeof owner === 'string' &&
    isOwnerChoice(owner) &&
    (password === 'none' || (typeof password === 'object' && password !== null))
  );
}
