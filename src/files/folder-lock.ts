/**
 * One writer at a time. The folder holds numbered files, and who made the highest holds the lock, until that file is
 * empty or its process is gone. A number is taken with link(2), which only one can, and never given back before there is a
 * higher one: so two who find the same dead holder can't both take over.
 */
import { linkSync, rmSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { namesIn, numbered, readText, sweep, temporaryIn, writeNew } from './durable.ts';
import { codeOf } from './errno.ts';
import { fateOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';

export interface LockOptions {
  /** Milliseconds to wait for another holder. */
  readonly wait: number;
  readonly signal?: AbortSignal | undefined;
  /** Told once who is waited for, when it is not free at once. */
  readonly waiting?: ((pid: number) => void) | undefined;
}

/** What is locked: its words for a failure. */
export interface Guarded {
  /** Runs what the file system may refuse. */
  readonly attempt: <T>(act: () => T) => T;
  /** What is thrown when another holder has not ended in time; `elsewhere`: it is of another container. */
  readonly locked: (holder: ProcessIdentity, elsewhere: boolean) => Error;
}

/** Milliseconds: a holder shows this often that it lives, for those who can't see its process … */
const beat = 60_000;
/** … and is held for dead after this silence. */
const silence = 10 * beat;

/**
 * Does the work while nobody else holds the lock of this folder, which has to exist.
 * @throws what `guarded` makes of a failure; the signal's reason when it is aborted
 */
export async function withFolderLock<T>(
  folder: string,
  { wait, signal, waiting }: LockOptions,
  { attempt, locked }: Guarded,
  work: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + wait;
  let pause = 20;
  let taken = attempt(() => take(folder));
  if (typeof taken !== 'string' && wait > 0) waiting?.(taken.pid);
  while (typeof taken !== 'string') {
    if (performance.now() >= end) throw locked(taken, taken.namespace !== ownIdentity().namespace);
    await sleep(Math.min(pause, Math.max(1, end - performance.now())), undefined, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
    pause = Math.min(pause * 2, 1000);
    taken = attempt(() => take(folder));
  }
  const path = taken;
  const heart = setInterval(() => ignoringMissing(() => utimesSync(path, new Date(), new Date())), beat);
  heart.unref();
  try {
    return await work();
  } finally {
    clearInterval(heart);
    release(path);
  }
}

/** The path of our own file, or who holds the lock. */
function take(folder: string): string | ProcessIdentity {
  for (;;) {
    const highest = numbersIn(folder).at(-1) ?? 0;
    const holder = highest > 0 ? holderOf(join(folder, String(highest))) : 'free';
    if (holder === 'gone') continue;
    if (holder !== 'free') return holder;
    const path = join(folder, String(highest + 1));
    if (!claim(path)) continue;
    if (numbersIn(folder).at(-1) === highest + 1) {
      for (const number of numbersIn(folder))
        if (number <= highest) rmSync(join(folder, String(number)), { force: true });
      sweep(folder, { folders: true });
      return path;
    }
    // Others have gone on meanwhile, and removed the file that we saw, and perhaps ours too.
    rmSync(path, { force: true });
  }
}

/** False when the number is taken. The file is whole from the start. */
function claim(path: string): boolean {
  const before = temporaryIn(dirname(path));
  writeNew(before, JSON.stringify(ownIdentity()));
  try {
    linkSync(before, path);
    return true;
  } catch (error) {
    // ENOENT: whoever got the lock has swept ours away.
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT') return false;
    throw error;
  } finally {
    rmSync(before, { force: true });
  }
}

function holderOf(path: string): ProcessIdentity | 'free' | 'gone' {
  const text = readText(path);
  if (text === undefined) return 'gone';
  const identity = parse(text);
  if (identity === undefined) return 'free';
  const fate = fateOf(identity);
  if (fate !== 'unknown') return fate === 'alive' ? identity : 'free';
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (touched === undefined) return 'gone';
  return Date.now() - touched < silence ? identity : 'free';
}

/** What is no identity is what was released, or what a power failure left. */
function parse(text: string): ProcessIdentity | undefined {
  try {
    const value: ProcessIdentity = JSON.parse(text);
    return Number.isInteger(value.pid) ? value : undefined;
  } catch {
    return undefined;
  }
}

const numbersIn = (folder: string): number[] => numbered(namesIn(folder));

/** Where the disk refuses even that, the end of this process frees it, and what was done stays done. */
function release(path: string): void {
  try {
    truncateSync(path, 0);
  } catch (error) {
    if (codeOf(error) === '') throw error;
  }
}

function ignoringMissing(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
