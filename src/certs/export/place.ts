/** Exports into files: whole ones, 0600, their owner's from the start. */
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Diagnostic, KeepgateError } from '../../diagnostic.ts';
import { codeOf, syncFolder, temporaryIn, writeNew } from '../durable.ts';
import type { ExportContents } from './formats.ts';
import { type OwnerChoice, ownerOf } from './owner.ts';

export interface ExportPaths {
  /** Absolute: the key store, or the chain as PEM. */
  readonly out: string;
  /** Absolute: the key as PEM. */
  readonly keyOut?: string;
}

/**
 * Each file is the old one until it is the new one. Of a PEM pair the key is exchanged right before the chain, so who reads
 * just then finds two that don't fit: a server reads them when it is told to, which comes later.
 * @throws KeepgateError export-not-writable (4)
 */
export function placeExport(contents: ExportContents, paths: ExportPaths, choice: OwnerChoice): readonly Diagnostic[] {
  const files = [
    ...(contents.key && paths.keyOut !== undefined ? [{ path: paths.keyOut, bytes: contents.key }] : []),
    { path: paths.out, bytes: contents.store },
  ];
  const ready: { path: string; before: string }[] = [];
  const diagnostics: Diagnostic[] = [];
  try {
    for (const { path, bytes } of files) {
      const { owner, diagnostics: found } = ownerOf(choice, path);
      const before = temporaryIn(dirname(path));
      ready.push({ path, before });
      writeNew(before, bytes, owner && { owner });
      diagnostics.push(...found);
    }
    for (const { path, before } of ready) renameSync(before, path);
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncFolder(folder);
  } catch (error) {
    for (const { before } of ready) rmSync(before, { force: true });
    throw notWritable(paths.out, error);
  }
  return diagnostics;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'its folder is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not do that',
  EISDIR: 'it is a folder',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
};

function notWritable(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === '') return error;
  return new KeepgateError(4, {
    code: 'export-not-writable',
    message: `the export ${path} can't be written: ${reasons[code] ?? code}`,
    help: 'What was there before is there still. Run it as root (sudo), or name another file.',
  });
}
