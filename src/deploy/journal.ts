/** What a run will have changed, and what stood there before: written before the first change, and history after the last. */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { namesIn, readText, replaceFile, syncFolder } from '../files/durable.ts';
import { isOwnPath } from './plan-manifest.ts';
import type { Snapshot } from './snapshot.ts';
import { isSpecName } from './spec-name.ts';
import { inState, stateOf } from './state-folder.ts';

export interface Journal {
  readonly version: 1;
  /** RFC 3339. */
  readonly at: string;
  readonly by: 'apply' | 'rollback' | 'remove';
  /** The names of the specs whose sites it changed; 0.1.0 knew of none. */
  readonly specs?: readonly string[];
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

/** How many past states are kept, besides the one before the last change of each spec. */
const kept = 10;
const file = 'journal.json';

/** The journal of a run that has not ended. @throws KeepgateError state-damaged (4), state-not-usable (4) */
export function readJournal(folder: string): Journal | undefined {
  return read(join(stateOf(folder), file));
}

/** There is none when this throws, unless the disk refuses that as well. @throws KeepgateError state-not-usable (4) */
export function writeJournal(folder: string, journal: Journal): void {
  const state = stateOf(folder);
  const path = join(state, file);
  inState(state, () => {
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
export function dropJournal(folder: string): void {
  const state = stateOf(folder);
  inState(state, () => {
    rmSync(join(state, file), { force: true });
    syncFolder(state);
  });
}

/** The change holds: its journal becomes history, by one rename. Returns its number. */
export function keepJournal(folder: string): number {
  const state = stateOf(folder);
  const history = join(state, 'history');
  return inState(state, () => {
    const numbers = numbersIn(history);
    const number = (numbers.at(-1) ?? 0) + 1;
    renameSync(join(state, file), join(history, String(number)));
    syncFolder(history);
    syncFolder(state);
    try {
      for (const old of outdated(history, [...numbers, number])) rmSync(join(history, String(old)), { force: true });
    } catch {
      // The next change prunes it.
    }
    return number;
  });
}

/** Of ascending numbers: however often others are changed, a spec can be taken back once. */
function outdated(history: string, numbers: readonly number[]): number[] {
  const old = numbers.slice(0, Math.max(0, numbers.length - kept));
  if (old.length === 0) return [];
  const seen = new Set<string>();
  const last = new Set<number>();
  for (const number of [...numbers].reverse()) {
    for (const spec of specsOf(join(history, String(number)))) {
      if (!seen.has(spec)) last.add(number);
      seen.add(spec);
    }
  }
  return old.filter((number) => !last.has(number));
}

/** Of a change that can be undone; none of one that can't be read. */
function specsOf(path: string): readonly string[] {
  try {
    const past = read(path);
    return past === undefined || past.by === 'rollback' ? [] : (past.specs ?? []);
  } catch {
    return [];
  }
}

/** Past changes, the newest first. @throws KeepgateError state-damaged (4), state-not-usable (4) */
export function readHistory(folder: string): PastChange[] {
  const history = join(stateOf(folder), 'history');
  return inState(history, () => numbersIn(history))
    .reverse()
    .flatMap((number) => {
      const past = read(join(history, String(number)));
      return past === undefined ? [] : [{ ...past, number }];
    });
}

const numbersIn = (history: string): number[] =>
  namesIn(history)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);

function read(path: string): Journal | undefined {
  const text = inState(path, () => readText(path));
  if (text === undefined) return undefined;
  try {
    const value: Journal = JSON.parse(text);
    if (value.version === 1 && isSound(value)) return value;
  } catch {
    // told below
  }
  throw new KeepgateError(4, {
    code: 'state-damaged',
    message: `${path} is not what keepgate wrote there, so it is not acted upon`,
    help: 'Bring it back from a backup, or move it away once "nginx -t" passes and the files are as they should be.',
  });
}

/** It decides what is written and removed, so it is read with distrust. */
function isSound({ at, specs = [], before, after, made }: Journal): boolean {
  const paths = [...Object.keys(before.files), ...Object.keys(before.links), ...Object.keys(after)];
  const bytes = Object.values(before.files).map(({ bytes }) => bytes);
  const texts: unknown[] = [at, ...bytes, ...Object.values(before.links), ...Object.values(after)];
  return (
    specs.every(isSpecName) &&
    paths.every(isOwnPath) &&
    texts.every((text) => typeof text === 'string') &&
    made.every((name) => /^(conf\.d|sites-available|sites-enabled)$/.test(name))
  );
}
