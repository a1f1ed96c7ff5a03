/** Changes to files of a data folder: all of them are made, or none; what was there before is kept. */
import { keepBackup } from './backup.ts';
import { type Change, changedMeanwhile, isSame, readIn, splitPath } from './change.ts';
import { closeFolder, type Folder, makeFolderBelow, type PlainFile, removeBelow, writePlain } from './folder.ts';

/**
 * Keeps what there is, then makes the changes; the ones that are made are taken back when one fails.
 * @returns the name of the backup, below the folder
 * @throws KeepgateError domino-changed (1) when a file isn't what it was; domino-not-writable (4)
 */
export function applyChanges(folder: Folder, command: string, changes: readonly Change[]): string {
  const backup = keepBackup(folder, command, changes);
  try {
    makeChanges(folder, changes);
  } catch (error) {
    removeBelow(folder, backup);
    throw error;
  }
  return backup;
}

/** The same without a backup. */
export function makeChanges(folder: Folder, changes: readonly Change[]): void {
  const made: Change[] = [];
  try {
    for (const change of changes) {
      if (!isSame({ ...change, after: readIn(folder, change.path) })) throw changedMeanwhile(folder, change.path);
      put(folder, change.path, change.after);
      made.push(change);
    }
  } catch (error) {
    for (const { path, before } of made.reverse()) put(folder, path, before);
    throw error;
  }
}

function put(folder: Folder, path: string, file: PlainFile | undefined): void {
  const { below, name } = splitPath(path);
  const inner = below === undefined ? folder : makeFolderBelow(folder, below, 0o750);
  try {
    if (file === undefined) removeBelow(inner, name);
    else writePlain(inner, name, file);
  } finally {
    if (inner !== folder) closeFolder(inner);
  }
}
