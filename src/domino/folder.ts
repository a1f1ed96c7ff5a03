/**
 * Files in Domino's data folder, which belongs to the user that Domino runs as, while keepgate may be root. A folder is held
 * open while it is worked in, so that nothing that is put in its place meanwhile leads anywhere else; links are never followed.
 */
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { KeepgateError } from '../diagnostic.ts';
import { type Owner, temporaryIn, writeNew } from '../files/durable.ts';
import { codeOf } from '../files/errno.ts';
import { type HeldFolder, holdBelow, releaseFolder } from '../files/held-folder.ts';
import { linkOfAnother, walkTo } from '../files/trusted-folder.ts';

export interface Folder extends HeldFolder {
  /** As messages name it. */
  readonly shown: string;
  /** Lets go of it, and of what was passed on the way. */
  readonly release?: () => void;
}

export interface PlainFile extends Owner {
  readonly bytes: Buffer;
  /** Permission bits. */
  readonly mode: number;
}

/** Bytes of the largest file that is read: many times a notes.ini. */
const limit = 1_000_000;

/**
 * Holds the folder at this absolute path open; `closeFolder` lets go. On the way to it no link is followed that another user could have
 * made. @throws KeepgateError domino-folder (1)
 */
export function openFolder(path: string, shown: string): Folder {
  return opened(shown, () => walkTo(path));
}

/** Makes a folder, 0700, if there is nothing by that name. @throws KeepgateError domino-not-writable (4) */
export function makeFolder(path: string, shown: string): void {
  writing(shown, () => {
    try {
      walkTo(path, { make: 0o700 }).release();
    } catch (error) {
      // Something else is there, which opening it tells.
      if (!['EEXIST', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) throw error;
    }
  });
}

/** A folder in a folder; when there is none, undefined if that may be. A link is refused. @throws KeepgateError domino-folder (1) */
export function folderBelow(folder: Folder, name: string, { mayLack = true } = {}): Folder | undefined {
  const path = `${folder.path}/${name}`;
  if (mayLack && lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return opened(`${folder.shown}/${name}`, () => holdBelow(folder, name));
}

/** The same, made when it is missing, and given to the owner of the folder around it. @throws KeepgateError domino-not-writable (4) */
export function makeFolderBelow(folder: Folder, name: string, mode: number): Folder {
  return (
    folderBelow(folder, name) ??
    writing(`${folder.shown}/${name}`, () => {
      mkdirSync(`${folder.path}/${name}`, mode);
      const made = opened(`${folder.shown}/${name}`, () => holdBelow(folder, name));
      give(made.descriptor, fstatSync(made.descriptor), folder);
      fsyncSync(folder.descriptor);
      return { ...made, uid: folder.uid, gid: folder.gid };
    })
  );
}

export function closeFolder(folder: Folder): void {
  if (folder.release) folder.release();
  else releaseFolder(folder);
}

function opened(shown: string, hold: () => HeldFolder): Folder {
  try {
    return { ...hold(), shown };
  } catch (error) {
    const code = codeOf(error);
    if (code === '') throw error;
    throw new KeepgateError(1, {
      code: 'domino-folder',
      message: `${shown} can't be used: ${linkOfAnother(error) ?? folderReasons[code] ?? code}`,
      help: "Name Domino's data folder with --data: the one that has keepconfig.d in it.",
    });
  }
}

const folderReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is a symbolic link, or not a folder',
  ELOOP: 'it is a symbolic link',
  EACCES: 'this user may not read it',
};

/** A regular file with one name; undefined when there is none. @throws KeepgateError domino-file-kind (1) for anything else */
export function readPlain(folder: Folder, name: string): PlainFile | undefined {
  const shown = `${folder.shown}/${name}`;
  const path = `${folder.path}/${name}`;
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before === undefined) return undefined;
  refuseKind(before, shown);
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (codeOf(error) === '') throw error;
    throw odd(shown, codeOf(error) === 'EACCES' ? 'this user may not read it' : codeOf(error));
  }
  try {
    const stats = fstatSync(descriptor);
    refuseKind(stats, shown);
    const buffer = Buffer.alloc(limit + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length <= limit; length += count)
      count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (length > limit) throw odd(shown, 'it is larger than 1 MB');
    return { bytes: buffer.subarray(0, length), mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
  } finally {
    closeSync(descriptor);
  }
}

function refuseKind(stats: Stats, shown: string): void {
  if (stats.isSymbolicLink()) throw odd(shown, 'it is a symbolic link');
  if (!stats.isFile()) throw odd(shown, 'it is not a regular file');
  if (stats.nlink > 1) throw odd(shown, 'it has a second name (a hard link)');
}

const odd = (shown: string, reason: string): KeepgateError =>
  new KeepgateError(1, {
    code: 'domino-file-kind',
    message: `${shown} is not read or written: ${reason}`,
    help: 'Put a plain file in its place, or take it away.',
  });

/** Replaces a file as a whole, or makes it, with this mode and owner. @throws KeepgateError domino-not-writable (4) */
export function writePlain(folder: Folder, name: string, { bytes, mode, uid, gid }: PlainFile): void {
  const temporary = temporaryIn(folder.path);
  writing(`${folder.shown}/${name}`, () => {
    try {
      writeNew(temporary, bytes, { mode, owner: { uid, gid } });
      renameSync(temporary, `${folder.path}/${name}`);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    fsyncSync(folder.descriptor);
  });
}

/** Takes a file away, if there is one. @throws KeepgateError domino-not-writable (4) */
export function removeBelow(folder: Folder, name: string): void {
  writing(`${folder.shown}/${name}`, () => {
    unlessGone(() => unlinkSync(`${folder.path}/${name}`));
    fsyncSync(folder.descriptor);
  });
}

/** Takes a folder away, if it is empty. @throws KeepgateError domino-not-writable (4) */
export function removeFolderBelow(folder: Folder, name: string): void {
  writing(`${folder.shown}/${name}`, () => {
    unlessGone(() => rmdirSync(`${folder.path}/${name}`), 'ENOTEMPTY', 'EEXIST');
    fsyncSync(folder.descriptor);
  });
}

function unlessGone(act: () => void, ...codes: readonly string[]): void {
  try {
    act();
  } catch (error) {
    if (!['ENOENT', ...codes].includes(codeOf(error))) throw error;
  }
}

function give(descriptor: number, now: Owner, { uid, gid }: Owner): void {
  if (now.uid !== uid || now.gid !== gid) fchownSync(descriptor, uid, gid);
}

function writing<T>(shown: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = codeOf(error);
    if (code === '' || error instanceof KeepgateError) throw error;
    throw new KeepgateError(4, {
      code: 'domino-not-writable',
      message: `${shown} can't be written: ${writeReasons[code] ?? code}`,
      help: 'Run it as root (sudo), or as the user that Domino runs as.',
    });
  }
}

const writeReasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not give it to its owner',
  EISDIR: 'it is a folder',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'the disk is full',
};
