/** Changes to files of a data folder: all of them are made, or none; what was there before is kept. */
import { KeepgateError } from '../diagnostic.ts';
import { dropBackup, keepBackup } from './backup.ts';
import { type Change, changedMeanwhile, isSame, readIn, splitPath } from './change.ts';
import { closeFolder, type Folder, makeFolderBelow, type PlainFile, removeBelow, writePlain } from './folder.ts';

/**
 * Keeps what there is, then makes the changes; the ones that are made are taken back when one fails.
 * @returns the name of the backup, below the folder
 * @throws KeepgateError domino-changed (1) when a file isn't what it was; domino-not-writable (4); domino-half-done (4)
 */
export function applyChanges(folder: Folder, command: string, changes: readonly Change[]): string {
  const backup = keepBackup(folder, command, changes);
  try {
    makeChanges(folder, changes, backup);
  } catch (error) {
    // Until all is as it was, the backup is the only copy of what was there.
    if (!(error instanceof KeepgateError && error.diagnostic.code === 'domino-half-done')) dropBackup(folder, backup);
    throw error;
  }
  return backup;
}

/** The same with a backup that there is already. */
export function makeChanges(folder: Folder, changes: readonly Change[], backup: string): void {
  const made: Change[] = [];
  try {
    for (const change of changes) {
      if (!isSame({ ...change, after: readIn(folder, change.path) })) throw changedMeanwhile(folder, change.path);
      put(folder, change.path, change.after);
      made.push(change);
    }
  } catch (error) {
    const stuck = made.reverse().filter((change) => !takenBack(folder, change));
    if (stuck.length === 0) throw error;
    throw new KeepgateError(4, {
      code: 'domino-half-done',
      message: `${reason(error)}, and ${stuck.map(({ path }) => path).join(' and ')} in ${folder.shown} could not be put back`,
      help: `What was there before lies in ${folder.shown}/${backup}. Mend what is in the way, then run the command with --undo.`,
    });
  }
}

function takenBack(folder: Folder, { path, before }: Change): boolean {
  try {
    put(folder, path, before);
    return true;
  } catch (error) {
    if (error instanceof KeepgateError) return false;
    throw error;
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

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
