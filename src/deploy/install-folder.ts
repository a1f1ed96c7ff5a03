/** nginx's folder, held for a whole run: before anything that lies in it is believed, it is known whose it is. */
import { lstatSync } from 'node:fs';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { HeldTree } from '../files/held-tree.ts';
import type { Distrust, WalkOptions } from '../files/trusted-folder.ts';
import { notUsable } from './not-usable.ts';

/** Holds a folder, whoever it belongs to. `release` lets go. @throws KeepgateError out-not-usable (4) */
export function openFolder(folder: string, options?: WalkOptions): HeldTree {
  try {
    return new HeldTree(folder, options);
  } catch (error) {
    const path = error instanceof Error && 'path' in error ? String(error.path) : folder;
    throw notUsable(path, error, options?.make === undefined ? 'read' : 'written');
  }
}

/**
 * Does the work in a folder that only root and this process's user can change.
 * @throws KeepgateError install-folder-unsafe, out-not-usable (4); what the work throws
 */
export async function inInstallFolder<T>(folder: string, work: (tree: HeldTree) => T | Promise<T>): Promise<T> {
  return inFolder(folder, (tree) => {
    if (tree.distrust !== undefined) throw new KeepgateError(4, unsafeFolder(tree.distrust));
    return work(tree);
  });
}

/** The same in any folder. @throws KeepgateError out-not-usable (4); what the work throws */
export async function inFolder<T>(folder: string, work: (tree: HeldTree) => T | Promise<T>): Promise<T> {
  const tree = openFolder(folder);
  try {
    return await work(tree);
  } finally {
    tree.release();
  }
}

/** The same in a folder that is made where it is missing, and taken away again when the work fails. */
export async function inMadeFolder<T>(folder: string, work: (tree: HeldTree) => T | Promise<T>): Promise<T> {
  const tree = openFolder(folder, { make: 0o755 });
  try {
    return await work(tree);
  } catch (error) {
    tree.unmakeWay();
    throw error;
  } finally {
    tree.release();
  }
}

/** Who can change a folder can change what root's nginx runs. */
export function unsafeFolder({ folder, why, remedy }: Distrust): Diagnostic {
  return {
    code: 'install-folder-unsafe',
    severity: 'error',
    message: `${folder} ${why}, who could exchange what is installed there; nothing was written`,
    help: `Run: ${remedy}`,
  };
}

/** Those of these folders below that somebody else may change. */
export function unsafeBelow(tree: HeldTree, names: Iterable<string>): Diagnostic[] {
  return [...new Set(names)].flatMap((name) => {
    const distrust = statsOf(tree, name)?.isDirectory() ? tree.distrustBelow(name) : undefined;
    return distrust === undefined ? [] : [unsafeFolder(distrust)];
  });
}

/** Those of them that are links: what is put there would lie elsewhere. */
export function linkedBelow(tree: HeldTree, names: Iterable<string>): Diagnostic[] {
  const linked = [...new Set(names)].filter((name) => statsOf(tree, name)?.isSymbolicLink());
  return linked.map((name) => ({
    code: 'install-folder-unsafe',
    severity: 'error',
    message: `${tree.at(name)} is a symbolic link, and what is installed there would lie elsewhere; nothing was written`,
    help: 'Put a folder in its place.',
  }));
}

const statsOf = (tree: HeldTree, name: string) => lstatSync(tree.place(name), { throwIfNoEntry: false });
