/** Puts a change of files in place below nginx's folder, so that it can be undone at any time: at once, or after a crash. */
import { dirname } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { sweep } from '../files/durable.ts';
import type { HeldTree } from '../files/held-tree.ts';
import {
  FileFailure,
  missingFolders,
  NotPutBack,
  type Replaced,
  removeFolders,
  replaceAll,
  restore,
} from '../files/replace-all.ts';
import { type Snapshot, snapshotOf, wordFor } from '../files/snapshot.ts';
import { printable } from '../nginx/printable.ts';
import { manifestName } from '../render/render.ts';
import { dropJournal, type Journal, keepJournal, writeJournal } from './journal.ts';
import { notUsable } from './not-usable.ts';
import type { Plan } from './plan.ts';
import { isOwnLink } from './plan-manifest.ts';

export interface Change {
  readonly by: Journal['by'];
  readonly specs: NonNullable<Journal['specs']>;
  readonly plan: Plan;
  /** The manifest that stands afterwards; undefined for none. */
  readonly manifest: string | Uint8Array | undefined;
  /** Every path that is keepgate's, or will be. */
  readonly paths: Iterable<string>;
  readonly now: Date;
}

export interface Installed {
  /**
   * Puts back what stood there; most of it by renames, which need no room on the disk. The journal stays: a run that is killed before
   * nginx has the former state again is recovered by the next one. @throws KeepgateError out-not-usable (4)
   */
  putBack(): void;
  /** It is put back, and nothing is left to recover. @throws KeepgateError state-not-usable (4) */
  forget(): void;
  /** Makes it history. Returns its number. */
  keep(): number;
}

/**
 * Only for the holder of the lock. Whatever fails, the files are as they were when this throws; where that could not be had,
 * the journal stays, and the next run goes on from it.
 * @throws KeepgateError out-not-usable (4), state-not-usable (4)
 */
export function install(tree: HeldTree, { by, specs, plan, manifest, paths, now }: Change): Installed {
  const touched = [...plan.files, ...plan.links].map(({ path }) => path).concat(plan.remove, manifestName);
  const before = inWords(tree, () => snapshotOf(tree, new Set([...paths, ...touched])));
  const wanted: Snapshot = {
    files: Object.fromEntries([
      ...plan.files.map(({ path, text }) => [path, asFile(text)]),
      ...(manifest === undefined ? [] : [[manifestName, asFile(manifest)]]),
    ]),
    links: Object.fromEntries(plan.links.map(({ path, to }) => [path, to])),
  };
  const made = inWords(tree, () => missingFolders(tree, wanted));
  const after = Object.fromEntries(touched.map((path) => [path, wordFor(wanted, path)]));
  writeJournal(tree, { version: 1, at: now.toISOString(), by, specs, before, after, made });
  const forget = (): void => dropJournal(tree);
  const replaced = orAsItWas(forget, () =>
    inWords(tree, () => replaceAll(tree, { paths: touched, wanted, before, last: manifestName })),
  );
  return {
    putBack: () => inWords(tree, replaced.putBack),
    forget,
    keep: () => {
      // Before it is history: a run that is killed in between is undone, and nobody would look for these names again.
      inWords(tree, replaced.letGo);
      return keepJournal(tree);
    },
  };
}

function orAsItWas(forget: () => void, replace: () => Replaced): Replaced {
  try {
    return replace();
  } catch (error) {
    if (error instanceof NotPutBack) throw notPutBack(error.first, error.second);
    try {
      forget();
    } catch (second) {
      throw notPutBack(error, second);
    }
    throw error;
  }
}

/**
 * What a crashed run has changed is put back; what somebody has changed since is left alone, and so is what a link of somebody's own
 * stood for. Only for the holder of the lock.
 * @returns the paths that were left alone
 * @throws KeepgateError out-not-usable (4); the journal stays then
 */
export function undoCrashed(tree: HeldTree, { before, after, made }: Journal): string[] {
  return inWords(tree, () => {
    const touched = Object.keys(after);
    sweepFolders(tree, touched);
    const now = snapshotOf(tree, touched);
    const differing = touched.filter((path) => wordFor(now, path) !== wordFor(before, path));
    const ours = differing.filter((path) => {
      const link = before.links[path];
      return wordFor(now, path) === after[path] && (link === undefined || isOwnLink(path, link));
    });
    restore(tree, before, ours, manifestName);
    removeFolders(tree, made);
    return differing.filter((path) => !ours.includes(path));
  });
}

/** Removes what a crashed run left under temporary names in the folders of these paths. */
export function sweepFolders(tree: HeldTree, paths: Iterable<string>): void {
  for (const name of new Set(['.', ...[...paths].map((path) => dirname(path))])) {
    const folder = tree.folderIfAny(name);
    if (folder !== undefined) sweep(folder.path);
  }
}

/** The journal stays. */
export function notPutBack(first: unknown, second: unknown): KeepgateError {
  const [why, reason] = [first, second].map((error) =>
    printable(error instanceof Error ? error.message : String(error), 300),
  );
  return new KeepgateError(4, {
    code: 'install-not-put-back',
    message: `the change has to be undone and can't be: ${reason} (it has to be because: ${why})`,
    help: 'Remove the reason and run the same command again: it puts back what stood there, then goes on.',
  });
}

/** A file as keepgate writes them. */
export function asFile(contents: string | Uint8Array): Snapshot['files'][string] {
  const user = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  return { bytes: Buffer.from(contents).toString('base64'), mode: 0o644, ...user };
}

/** What the file system refuses, as a KeepgateError. */
export function inWords<T>(tree: HeldTree, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof NotPutBack) throw new NotPutBack(wordsFor(tree, error.first), wordsFor(tree, error.second));
    throw wordsFor(tree, error);
  }
}

function wordsFor(tree: HeldTree, error: unknown): unknown {
  if (error instanceof FileFailure) return notUsable(error.path, error, error.verb);
  return notUsable(tree.nameIn(error) ?? tree.shown, error, 'written');
}
