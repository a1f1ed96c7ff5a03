/** Exports into files: whole ones, 0600, their owner's from the start. */
import { fsyncSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Diagnostic } from '../../diagnostic.ts';
import { temporaryIn, writeNew } from '../../files/durable.ts';
import { type WalkedFolder, walkTo } from '../../files/trusted-folder.ts';
import { type Exchange, exchange } from './exchange.ts';
import type { ExportContents } from './formats.ts';
import { notWritable } from './not-writable.ts';
import { type OwnerChoice, ownerOf } from './owner.ts';

export interface ExportPaths {
  /** Absolute: the key store, or the chain as PEM. */
  readonly out: string;
  /** Absolute: the key as PEM. */
  readonly keyOut?: string;
}

/**
 * Each file is the old one until it is the new one. Of a PEM pair the key is exchanged right before the chain, so who reads
 * just then finds two that don't fit: a server reads them when it is told to, which comes later. When the chain can't be
 * exchanged the old key is put back. Their folders may belong to another user: each is held open while it is worked in, and no link of
 * that user's is followed.
 * @throws KeepgateError export-not-writable (4)
 */
export function placeExport(contents: ExportContents, paths: ExportPaths, choice: OwnerChoice): readonly Diagnostic[] {
  const files = [
    ...(contents.key && paths.keyOut !== undefined ? [{ path: paths.keyOut, bytes: contents.key }] : []),
    { path: paths.out, bytes: contents.store },
  ];
  const folders: WalkedFolder[] = [];
  const ready: Exchange[] = [];
  const diagnostics: Diagnostic[] = [];
  try {
    for (const { path, bytes } of files)
      writing(path, () => {
        const folder = walkTo(dirname(path));
        folders.push(folder);
        const { owner, diagnostics: found } = ownerOf(choice, path, folder);
        const before = temporaryIn(folder.path);
        ready.push({ shown: path, path: join(folder.path, basename(path)), before });
        writeNew(before, bytes, owner && { owner });
        diagnostics.push(...found);
      });
    const letGo = exchange(ready);
    writing(
      paths.out,
      () => {
        for (const { descriptor } of folders) fsyncSync(descriptor);
        letGo();
      },
      'It is in its place, and might not be after a power failure.',
    );
  } catch (error) {
    for (const { before } of ready) rmSync(before, { force: true });
    throw error;
  } finally {
    for (const folder of folders) folder.release();
  }
  return diagnostics;
}

function writing(path: string, act: () => void, state?: string): void {
  try {
    act();
  } catch (error) {
    throw notWritable(path, error, state);
  }
}
