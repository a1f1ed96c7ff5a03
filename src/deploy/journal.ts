/** What a run will have changed, and what stood there before: written before the first change, and history after the last. */
import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { readBelieved } from '../files/believed-file.ts';
import { namesIn, numbered, replaceFile, syncFolder } from '../files/durable.ts';
import type { HeldTree } from '../files/held-tree.ts';
import type { Snapshot } from '../files/snapshot.ts';
import { isOwnLink, isOwnPath } from './plan-manifest.ts';
import { inState, stateFolderIfAny, stateName } from './state-folder.ts';

export interface Journal {
  readonly version: 1;
  /** RFC 3339. */
  readonly at: string;
  readonly by: 'apply' | 'rollback';
  /** Of every path that is keepgate's, the unchanged ones too: what a rollback goes back to. */
  readonly before: Snapshot;
  /** Changed path → what stands there afterwards, as `wordFor` says it. */
  readonly after: Readonly<Record<string, string>>;
  /** Folders that were made for it, the outermost first. */
  readonly made: readonly string[];
}

/** A change that was made, by its number. */
export interface PastChange extends Journal {
  readonly number: number;
}

/** How many past states are kept. */
const kept = 10;
const file = 'journal.json';
const history = join(stateName, 'history');

/** The journal of a run that has not ended. @throws KeepgateError state-damaged (4), state-not-usable (4) */
export function readJournal(tree: HeldTree): Journal | undefined {
  return read(tree, join(stateName, file));
}

/** There is none when this throws, unless the disk refuses that as well. @throws KeepgateError state-not-usable (4) */
export function writeJournal(tree: HeldTree, journal: Journal): void {
  inState(tree, stateName, () => {
    const path = tree.place(join(stateName, file));
    try {
      replaceFile(path, JSON.stringify(journal));
    } catch (error) {
      try {
        rmSync(path, { force: true });
      } catch {
        // The next run finds nothing to put back, and removes it.
      }
      throw error;
    }
  });
}

/** There is nothing to recover any more. */
export function dropJournal(tree: HeldTree): void {
  inState(tree, stateName, () => {
    rmSync(tree.place(join(stateName, file)), { force: true });
    syncFolder(tree.folder(stateName).path);
  });
}

/** The change holds: its journal becomes history, by one rename. Returns its number. */
export function keepJournal(tree: HeldTree): number {
  return inState(tree, stateName, () => {
    const numbers = numbersIn(tree);
    const number = (numbers.at(-1) ?? 0) + 1;
    renameSync(tree.place(join(stateName, file)), tree.place(join(history, String(number))));
    syncFolder(tree.folder(history).path);
    syncFolder(tree.folder(stateName).path);
    try {
      for (const old of numbers.slice(0, Math.max(0, numbers.length + 1 - kept)))
        rmSync(tree.place(join(history, String(old))), { force: true });
    } catch {
      // The next change prunes it.
    }
    return number;
  });
}

/** Past changes, the newest first. @throws KeepgateError state-damaged (4), state-not-usable (4) */
export function readHistory(tree: HeldTree): PastChange[] {
  return inState(tree, history, () => numbersIn(tree))
    .reverse()
    .flatMap((number) => {
      const past = read(tree, join(history, String(number)));
      if (past === undefined) return [];
      // A link of somebody's own is not made anew.
      const links = Object.fromEntries(Object.entries(past.before.links).filter(([path, to]) => isOwnLink(path, to)));
      return [{ ...past, before: { ...past.before, links }, number }];
    });
}

function numbersIn(tree: HeldTree): number[] {
  const folder = stateFolderIfAny(tree, history);
  return folder === undefined ? [] : numbered(namesIn(folder.path));
}

function read(tree: HeldTree, path: string): Journal | undefined {
  const found = inState(tree, path, () => {
    const folder = stateFolderIfAny(tree, dirname(path));
    return folder && readBelieved(join(folder.path, basename(path)));
  });
  if (found === undefined) return undefined;
  if ('problem' in found) throw damaged(tree.at(path), found.problem);
  try {
    const value: Journal = JSON.parse(found.text);
    if (value.version === 1 && isSound(value)) return { ...value, before: masked(value.before) };
  } catch {
    // told below
  }
  throw damaged(tree.at(path), 'it is not what keepgate wrote there');
}

const damaged = (path: string, problem: string): KeepgateError =>
  new KeepgateError(4, {
    code: 'state-damaged',
    message: `${path} is not acted upon: ${problem}`,
    help: 'Bring it back from a backup, or move it away once "nginx -t" passes and the files are as they should be.',
  });

/** It decides what is written and removed, so it is read with distrust. */
function isSound({ at, by, before, after, made }: Journal): boolean {
  const paths = [...Object.keys(before.files), ...Object.keys(before.links), ...Object.keys(after)];
  const bytes = Object.values(before.files).map(({ bytes }) => bytes);
  const texts: unknown[] = [at, by, ...bytes, ...Object.values(before.links), ...Object.values(after)];
  return (
    paths.every(isOwnPath) &&
    texts.every((text) => typeof text === 'string') &&
    made.every((name) => /^(conf\.d|sites-available|sites-enabled)$/.test(name))
  );
}

/** Nothing comes out of it that keepgate itself would not write: its own files, and no more rights than theirs. */
function masked({ files, links }: Snapshot): Snapshot {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  const own = Object.entries(files).map(([path, { bytes, mode }]) => [path, { bytes, mode: mode & 0o644, uid, gid }]);
  return { files: Object.fromEntries(own), links };
}
