/** A text for everyone to read, written into a folder, or taken out of one, that may be another user's. */
import { closeSync, constants, fstatSync, linkSync, lstatSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder, temporaryIn, writeNew } from './durable.ts';
import { codeOf } from './errno.ts';
import { walkTo } from './trusted-folder.ts';

/** Characters that `replaces` is asked about. */
const enough = 200;

/**
 * Writes a file of mode 0644, whole or not at all. The folder is held meanwhile, and no link that another user could have made is
 * followed to it. A file that is there is replaced where `replaces` says so of how it begins.
 * @throws an error with a code: EEXIST when something else is there; what `walkTo` throws
 */
export function writeText(path: string, text: string, replaces: (start: string) => boolean = () => false): void {
  const folder = walkTo(dirname(path));
  const place = join(folder.path, basename(path));
  const before = temporaryIn(folder.path);
  try {
    writeNew(before, text, { mode: 0o644 });
    const start = startOf(place);
    if (start !== undefined && replaces(start)) renameSync(before, place);
    else putWhereNone(before, place);
    syncFolder(folder.path);
  } finally {
    rmSync(before, { force: true });
    folder.release();
  }
}

/** Takes a file away that begins as `isOurs` wants it, in the same way; any other stays. @throws what `walkTo` throws */
export function removeText(path: string, isOurs: (start: string) => boolean): void {
  const folder = walkTo(dirname(path));
  try {
    const place = join(folder.path, basename(path));
    const start = startOf(place);
    if (start === undefined || !isOurs(start)) return;
    rmSync(place, { force: true });
    syncFolder(folder.path);
  } finally {
    folder.release();
  }
}

/** A rename would take the place of what is there. */
function putWhereNone(before: string, place: string): void {
  try {
    linkSync(before, place);
  } catch (error) {
    const hasNoSecondNames = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP'].includes(codeOf(error));
    if (!hasNoSecondNames || lstatSync(place, { throwIfNoEntry: false })) throw error;
    renameSync(before, place);
  }
}

/** How a regular file begins; undefined for anything else, which is not opened or waited for. */
function startOf(place: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
  try {
    if (!fstatSync(descriptor).isFile()) return undefined;
    const buffer = Buffer.alloc(enough);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, enough, 0));
  } finally {
    closeSync(descriptor);
  }
}
