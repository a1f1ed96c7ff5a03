/** Files and links of a folder exchanged for others: all of them, or none. What was there can be put back until it is let go. */
import { lstatSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './errno.ts';
import type { HeldTree } from './held-tree.ts';
import { type Snapshot, snapshotOf, wordFor } from './snapshot.ts';
import { Staging, syncFolders } from './staging.ts';

export interface Replacing {
  /** The paths that change, in the order in which files, links and what goes are taken. */
  readonly paths: readonly string[];
  /** What is to stand there; nothing for what is in neither list. */
  readonly wanted: Snapshot;
  /** What stands there, read by the caller: it decides by that. */
  readonly before: Snapshot;
  /** Of the paths, the one that tells of the others: it is exchanged when they are. */
  readonly last?: string;
  /** Called when all is on the disk under temporary names, and nothing is in its place yet. */
  readonly begin?: () => void;
}

export interface Replaced {
  /** Puts back what stood there; most of it by renames, which need no room on the disk. @throws FileFailure */
  putBack(): void;
  /** It holds: lets go of what stood there. @throws FileFailure */
  letGo(): void;
}

/** What the file system refused to do with a file or folder. */
export class FileFailure extends Error {
  /** As messages name it. */
  readonly path: string;
  readonly verb: 'written' | 'removed' | 'read';
  readonly code: string;

  constructor(path: string, verb: 'written' | 'removed' | 'read', code: string) {
    super(`${path} can't be ${verb}: ${code}`);
    this.path = path;
    this.verb = verb;
    this.code = code;
  }
}

/** It failed, and what was changed until then could not be put back. */
export class NotPutBack extends Error {
  readonly first: unknown;
  readonly second: unknown;

  constructor(first: unknown, second: unknown) {
    super('a change failed and could not be undone');
    this.first = first;
    this.second = second;
  }
}

/**
 * Whatever fails, the files are as they were when this throws, but for NotPutBack. First everything that needs room on the disk; then
 * renames: files before the links to them, the removal of links before that of their files.
 * @throws FileFailure, NotPutBack; what `begin` throws
 */
export function replaceAll(tree: HeldTree, { paths, wanted, before, last, begin }: Replacing): Replaced {
  const made: string[] = [];
  const [next, back] = [new Staging(), new Staging()];
  const putBack = (): void => {
    attempt(tree, '', () => next.discard());
    try {
      const now = attempt(tree, '', () => snapshotOf(tree, paths));
      const changed = paths.filter((path) => wordFor(now, path) !== wordFor(before, path));
      const unkept = changed.filter((path) => !isStaged(tree, path, back));
      stage(tree, before, unkept, back);
      putInPlace(tree, before, changed, back, last);
      removeFolders(tree, made);
    } finally {
      back.discard();
    }
  };
  try {
    for (const folder of missingFolders(tree, wanted)) {
      attempt(tree, folder, () => tree.make(folder, 0o755));
      made.push(folder);
      attempt(tree, folder, () => tree.syncName(folder));
    }
    stage(tree, wanted, paths, next);
    keepNames(tree, before, paths, back);
    begin?.();
    putInPlace(tree, wanted, paths, next, last);
  } catch (error) {
    try {
      putBack();
    } catch (second) {
      // Anything else is a defect, and told as that.
      throw second instanceof FileFailure ? new NotPutBack(error, second) : second;
    }
    throw error;
  }
  return { putBack, letGo: () => attempt(tree, '', () => back.discard()) };
}

/** Has these paths hold what a snapshot says; what fails half-way stays half-way. @throws FileFailure */
export function restore(tree: HeldTree, snapshot: Snapshot, paths: readonly string[], last?: string): void {
  const staging = new Staging();
  try {
    stage(tree, snapshot, paths, staging);
    putInPlace(tree, snapshot, paths, staging, last);
  } finally {
    staging.discard();
  }
}

/** The folders that a snapshot needs and that are not there. */
export function missingFolders(tree: HeldTree, { files, links }: Snapshot): string[] {
  const folders = new Set([...Object.keys(files), ...Object.keys(links)].map((path) => dirname(path)));
  return [...folders].filter((folder) => attempt(tree, folder, () => tree.folderIfAny(folder)) === undefined);
}

/** Those that somebody has put something into meanwhile stay. @throws FileFailure */
export function removeFolders(tree: HeldTree, folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      tree.unmake(folder);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error)))
        throw failureOf(tree.at(folder), error, 'removed');
    }
  }
}

function stage(tree: HeldTree, { files, links }: Snapshot, paths: readonly string[], staging: Staging): void {
  for (const path of paths) {
    const [file, to] = [files[path], links[path]];
    if (file) attempt(tree, path, () => staging.file(tree.place(path), Buffer.from(file.bytes, 'base64'), file));
    else if (to !== undefined) attempt(tree, path, () => staging.link(tree.place(path), to));
  }
}

/** A second name of each file that will be replaced or removed. */
function keepNames(tree: HeldTree, before: Snapshot, paths: readonly string[], back: Staging): void {
  const copied = paths.filter(
    (path) => before.files[path] === undefined || !attempt(tree, path, () => back.keep(tree.place(path))),
  );
  stage(tree, before, copied, back);
}

function isStaged(tree: HeldTree, path: string, staging: Staging): boolean {
  const place = tree.placeIfAny(path);
  return place !== undefined && staging.has(place);
}

function putInPlace(
  tree: HeldTree,
  { files, links }: Snapshot,
  paths: readonly string[],
  staged: Staging,
  last: string | undefined,
): void {
  const commit = (list: readonly string[]): void =>
    attempt(tree, list[0] ?? '', () =>
      staged.commit(list.filter((path) => isStaged(tree, path, staged)).map((path) => tree.place(path))),
    );
  const others = paths.filter((path) => path !== last);
  commit(others.filter((path) => files[path] !== undefined));
  commit(others.filter((path) => links[path] !== undefined));
  const gone = others.filter((path) => files[path] === undefined && links[path] === undefined);
  const isLink = (path: string): boolean => statsAt(tree, path)?.isSymbolicLink() === true;
  const linksGone = new Set(gone.filter(isLink));
  unlink(tree, [...linksGone, ...gone.filter((path) => !linksGone.has(path))]);
  if (last === undefined || !paths.includes(last)) return;
  if (files[last] === undefined && links[last] === undefined) unlink(tree, [last]);
  else commit([last]);
}

function unlink(tree: HeldTree, paths: readonly string[]): void {
  const there = paths.filter((path) => statsAt(tree, path) !== undefined);
  for (const path of there) attempt(tree, path, () => unlinkSync(tree.place(path)), 'removed');
  attempt(tree, there[0] ?? '', () => syncFolders(there.map((path) => tree.folder(dirname(path)).path)));
}

function statsAt(tree: HeldTree, path: string) {
  const place = attempt(tree, path, () => tree.placeIfAny(path));
  return place === undefined ? undefined : lstatSync(place, { throwIfNoEntry: false });
}

function attempt<T>(tree: HeldTree, path: string, act: () => T, verb: FileFailure['verb'] = 'written'): T {
  try {
    return act();
  } catch (error) {
    throw failureOf(tree.at(path), error, verb);
  }
}

/** What the file system says of a path, as a FileFailure; anything else as it is. */
function failureOf(path: string, error: unknown, verb: FileFailure['verb']): unknown {
  const code = codeOf(error);
  return code === '' || error instanceof FileFailure ? error : new FileFailure(path, verb, code);
}
