/** File operations that are on the disk when they return, and that leave nothing half-made under a name that counts. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const temporary = /^\.keepgate-[0-9a-f]{12}\.tmp$/;

/** A path in this folder for what is not whole yet; `sweep` removes it after a crash. */
export const temporaryIn = (folder: string): string => join(folder, `.keepgate-${randomBytes(6).toString('hex')}.tmp`);

/** Whose a file is to be, as numbers. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Writes a file of mode 0600 where there is none; it is this owner's before there is anything in it. */
export function writeNew(path: string, contents: string | Buffer, owner?: Owner): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if (owner) fchownSync(descriptor, owner.uid, owner.gid);
    const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a file of mode 0600 that is the old one until it is the new one. */
export function replaceFile(path: string, text: string): void {
  replace(path, (before) => writeNew(before, text));
}

/** The same for a symbolic link. */
export function replaceLink(path: string, target: string): void {
  replace(path, (before) => symlinkSync(target, before));
}

function replace(path: string, make: (before: string) => void): void {
  const before = temporaryIn(dirname(path));
  try {
    make(before);
    renameSync(before, path);
  } catch (error) {
    rmSync(before, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Takes a file or folder away: it is gone at once, and its contents after that. */
export function remove(path: string): void {
  const aside = temporaryIn(dirname(path));
  renameSync(path, aside);
  syncFolder(dirname(path));
  rmSync(aside, { recursive: true, force: true });
}

/** Waits until the names in a folder are on the disk. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Removes what a crash left in a folder, if there is such a folder. */
export function sweep(folder: string): void {
  for (const name of namesIn(folder))
    if (temporary.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** The names in a folder, sorted; none for a folder that does not exist. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** The text of a regular file that is no symbolic link; undefined when there is none. Throws for all else. */
export function readText(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    if (!fstatSync(descriptor).isFile()) throw Object.assign(new Error('not a regular file'), { code: 'ELOOP' });
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
