/** Puts a change of files in place below nginx's folder, so that it can be undone at any time: at once, or after a crash. */
import { lstatSync, mkdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { codeOf } from '../files/errno.ts';
import { Staging, sweep, syncFolders } from '../files/staging.ts';
import { printable } from '../nginx/printable.ts';
import { manifestName } from '../render/render.ts';
import { dropJournal, type Journal, keepJournal, writeJournal } from './journal.ts';
import type { Plan } from './plan.ts';
import { folderOf } from './plan.ts';
import { type Snapshot, snapshotOf, wordFor } from './snapshot.ts';
import { notUsable } from './survey.ts';

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
export function install(folder: string, { by, specs, plan, manifest, paths, now }: Change): Installed {
  const touched = [...plan.files, ...plan.links].map(({ path }) => path).concat(plan.remove, manifestName);
  const before = attempt(folder, () => snapshotOf(folder, new Set([...paths, ...touched])));
  const missing = [...new Set([...plan.files, ...plan.links].map(({ path }) => folderOf(path)))].filter(
    (name) => lstatSync(join(folder, name), { throwIfNoEntry: false }) === undefined,
  );
  const wanted: Snapshot = {
    files: Object.fromEntries([
      ...plan.files.map(({ path, text }) => [path, asFile(text)]),
      ...(manifest === undefined ? [] : [[manifestName, asFile(manifest)]]),
    ]),
    links: Object.fromEntries(plan.links.map(({ path, to }) => [path, to])),
  };
  const after = Object.fromEntries(touched.map((path) => [path, wordFor(wanted, path)]));
  const journal: Journal = { version: 1, at: now.toISOString(), by, specs, before, after, made: missing };
  writeJournal(folder, journal);
  const [next, back] = [new Staging(), new Staging()];
  const putBack = (): void => {
    attempt(folder, () => next.discard());
    try {
      const now = attempt(folder, () => snapshotOf(folder, touched));
      const changed = touched.filter((path) => wordFor(now, path) !== wordFor(before, path));
      stage(
        folder,
        before,
        changed.filter((path) => !back.has(join(folder, path))),
        back,
      );
      putInPlace(folder, before, changed, back);
      removeFolders(folder, missing);
    } finally {
      back.discard();
    }
  };
  const forget = (): void => dropJournal(folder);
  try {
    for (const name of missing) attempt(join(folder, name), () => mkdirSync(join(folder, name), 0o755));
    if (missing.length > 0) attempt(folder, () => syncFolders([folder]));
    stage(folder, wanted, touched, next);
    keepNames(folder, before, touched, back);
    putInPlace(folder, wanted, touched, next);
  } catch (error) {
    try {
      putBack();
      forget();
    } catch (second) {
      throw notPutBack(error, second);
    }
    throw error;
  }
  return {
    putBack,
    forget,
    keep: () => {
      // Before it is history: a run that is killed in between is undone, and nobody would look for these names again.
      attempt(folder, () => back.discard());
      return keepJournal(folder);
    },
  };
}

/**
 * What a crashed run has changed is put back; what somebody has changed since is left alone. Only for the holder of the lock.
 * @returns the paths that were left alone
 * @throws KeepgateError out-not-usable (4); the journal stays then
 */
export function undoCrashed(folder: string, { before, after, made }: Journal): string[] {
  const touched = Object.keys(after);
  for (const name of new Set(touched.filter((path) => path.includes('/')).map(folderOf)))
    attempt(join(folder, name), () => sweep(join(folder, name)));
  attempt(folder, () => sweep(folder));
  const now = attempt(folder, () => snapshotOf(folder, touched));
  const differing = touched.filter((path) => wordFor(now, path) !== wordFor(before, path));
  const ours = differing.filter((path) => wordFor(now, path) === after[path]);
  const staging = new Staging();
  try {
    stage(folder, before, ours, staging);
    putInPlace(folder, before, ours, staging);
  } finally {
    staging.discard();
  }
  removeFolders(folder, made);
  return differing.filter((path) => !ours.includes(path));
}

function stage(folder: string, { files, links }: Snapshot, paths: readonly string[], staging: Staging): void {
  for (const path of paths) {
    const place = join(folder, path);
    const [file, to] = [files[path], links[path]];
    if (file) attempt(place, () => staging.file(place, Buffer.from(file.bytes, 'base64'), file));
    else if (to !== undefined) attempt(place, () => staging.link(place, to));
  }
}

/** A second name of each file that will be replaced or removed. */
function keepNames(folder: string, before: Snapshot, paths: readonly string[], back: Staging): void {
  const copied = paths.filter((path) => {
    const place = join(folder, path);
    return before.files[path] === undefined || !attempt(place, () => back.keep(place));
  });
  stage(folder, before, copied, back);
}

/** Files before the links to them, the links' removal before the files', the manifest last. */
function putInPlace(folder: string, { files, links }: Snapshot, paths: readonly string[], staged: Staging): void {
  const own = paths.filter((path) => path !== manifestName);
  const at = (path: string): string => join(folder, path);
  const commit = (list: readonly string[]): void => {
    attempt(folder, () => staged.commit(list.map(at).filter((place) => staged.has(place))));
  };
  commit(own.filter((path) => files[path] !== undefined));
  commit(own.filter((path) => links[path] !== undefined));
  const gone = own.filter((path) => files[path] === undefined && links[path] === undefined);
  const isLink = (path: string): boolean => lstatSync(at(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  const linksGone = new Set(gone.filter(isLink));
  unlink(folder, [...linksGone, ...gone.filter((path) => !linksGone.has(path))]);
  if (!paths.includes(manifestName)) return;
  if (files[manifestName] === undefined) unlink(folder, [manifestName]);
  else commit([manifestName]);
}

function unlink(folder: string, paths: readonly string[]): void {
  const places = paths.map((path) => join(folder, path)).filter((place) => lstatSync(place, { throwIfNoEntry: false }));
  for (const place of places) attempt(place, () => unlinkSync(place), 'removed');
  attempt(folder, () => syncFolders(places.map((place) => dirname(place))));
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

/** Those that somebody has put something into meanwhile stay. */
function removeFolders(folder: string, names: readonly string[]): void {
  for (const name of names) {
    try {
      rmdirSync(join(folder, name));
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error)))
        throw notUsable(join(folder, name), error, 'removed');
    }
  }
}

function asFile(contents: string | Uint8Array): Snapshot['files'][string] {
  const user = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  return { bytes: Buffer.from(contents).toString('base64'), mode: 0o644, ...user };
}

function attempt<T>(path: string, act: () => T, verb: Parameters<typeof notUsable>[2] = 'written'): T {
  try {
    return act();
  } catch (error) {
    throw notUsable(path, error, verb);
  }
}
