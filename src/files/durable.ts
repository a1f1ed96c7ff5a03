/**
 * File operations that leave nothing half-made under a name that counts. They are on the disk when they return; with `later`
 * they outlive this process, and a power failure after `settle` alone.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './errno.ts';

/** When it has to be on the disk. */
export type Durability = 'now' | 'later';

const synced = promisify(fsync);

/** The leading dot matters: nginx's `include sites-enabled/*` passes such names over. */
const temporary = /^\.keepgate-[0-9a-f]{12}\.tmp$/;

/** A path in this folder for what is not whole yet; `sweep` removes it after a crash. */
export const temporaryIn = (folder: string): string => join(folder, `.keepgate-${randomBytes(6).toString('hex')}.tmp`);

/** Whether a name was made by `temporaryIn`. */
export const isTemporary = (name: string): boolean => temporary.test(name);

/** Whose a file is to be, as numbers. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

interface Writing {
  /** 'now' unless given. */
  readonly when?: Durability;
  readonly owner?: Owner;
  /** 0600 unless given. */
  readonly mode?: number;
}

/** Writes a file where there is none; it is this owner's before there is anything in it. */
export function writeNew(
  path: string,
  contents: string | Uint8Array,
  { when = 'now', owner, mode }: Writing = {},
): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if (owner) fchownSync(descriptor, owner.uid, owner.gid);
    const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    if (mode !== undefined) fchmodSync(descriptor, mode);
    if (when === 'now') fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a file of mode 0600 that is the old one until it is the new one. */
export function replaceFile(path: string, text: string, when: Durability = 'now'): void {
  replace(path, (before) => writeNew(before, text, { when }), when);
}

/** The same for a symbolic link. */
export function replaceLink(path: string, target: string, when: Durability = 'now'): void {
  replace(path, (before) => symlinkSync(target, before), when);
}

function replace(path: string, make: (before: string) => void, when: Durability): void {
  const before = temporaryIn(dirname(path));
  try {
    make(before);
    renameSync(before, path);
  } catch (error) {
    rmSync(before, { force: true });
    throw error;
  }
  if (when === 'now') syncFolder(dirname(path));
}

/**
 * Waits until these files and folders are on the disk. The file system commits together what waits at the same time, of other
 * certificates as well, and nothing else is held up meanwhile.
 */
export async function settle(paths: readonly string[]): Promise<void> {
  await Promise.all(
    paths.map(async (path) => {
      const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        await synced(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }),
  );
}

/** Replaces the files of a folder, in this order, with one wait for all of their contents and one for their names. */
export async function replaceFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const written = Object.entries(files).map(([name, text]) => ({ name, text, before: temporaryIn(folder) }));
  try {
    for (const { before, text } of written) writeNew(before, text, { when: 'later' });
    await settle(written.map(({ before }) => before));
    for (const { before, name } of written) renameSync(before, join(folder, name));
  } catch (error) {
    for (const { before } of written) rmSync(before, { force: true });
    throw error;
  }
  await settle([folder, dirname(folder)]);
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

interface Sweeping {
  /** Milliseconds: what is younger stays. */
  readonly age?: number;
  /** Folders as well, with all that is in them: where nobody else can put links into them meanwhile. */
  readonly folders?: boolean;
}

/** Removes what a crash left in a folder, if there is such a folder. */
export function sweep(folder: string, { age = 0, folders = false }: Sweeping = {}): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    if (isTemporary(name) && (age === 0 || isOlder(path, age))) rmSync(path, { recursive: folders, force: true });
  }
}

function isOlder(path: string, age: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs >= age;
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

/** Those of the names that are numbers, as numbers in their order. Longer ones no program of ours made: a number can't tell them apart. */
export const numbered = (names: readonly string[]): number[] =>
  names
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);

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

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
