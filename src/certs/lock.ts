/**
 * One writer at a time. The folder `lock` holds numbered files, and who made the highest holds the lock, until that file is
 * empty or its process is gone. A number is taken with link(2), which only one can, and never given back before there is a
 * higher one: so two who find the same dead holder can't both take over.
 */
import { linkSync, rmSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeepgateError } from '../diagnostic.ts';
import { codeOf, namesIn, readText, sweep, temporaryIn, writeNew } from './durable.ts';
import { fateOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { type CertificateStore, folderIn, inStore } from './store-folder.ts';

export interface LockOptions {
  /** Milliseconds to wait for another holder. */
  readonly wait: number;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds: a holder shows this often that it lives, for those who can't see its process … */
const beat = 60_000;
/** … and is held for dead after this silence. */
const silence = 10 * beat;

/**
 * Does the work while nobody else writes to the store, after what a crashed run left there was removed.
 * @throws KeepgateError store-locked (4), store-not-writable (4); the signal's reason when it is aborted
 */
export async function withLock<T>(
  store: CertificateStore,
  { wait, signal }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const folder = inStore(store, () => folderIn(store, 'lock'));
  const end = performance.now() + wait;
  let pause = 20;
  let taken = inStore(store, () => take(folder));
  while (typeof taken !== 'string') {
    if (performance.now() >= end) throw locked(store, folder, taken);
    await sleep(Math.min(pause, Math.max(1, end - performance.now())), undefined, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
    pause = Math.min(pause * 2, 1000);
    taken = inStore(store, () => take(folder));
  }
  const path = taken;
  const heart = setInterval(() => ignoringMissing(() => utimesSync(path, new Date(), new Date())), beat);
  heart.unref();
  try {
    inStore(store, () => sweepStore(store));
    return await work();
  } finally {
    clearInterval(heart);
    ignoringMissing(() => truncateSync(path, 0));
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
      sweep(folder);
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

const numbersIn = (folder: string): number[] =>
  namesIn(folder)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);

function sweepStore({ root }: CertificateStore): void {
  const certificates = join(root, 'certificates');
  const folders = namesIn(certificates).map((name) => join(certificates, name));
  for (const folder of [root, ...['live', 'stand-in', 'self-signed'].map((name) => join(root, name)), certificates])
    sweep(folder);
  for (const folder of folders) for (const path of [folder, join(folder, 'versions')]) sweep(path);
}

function ignoringMissing(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function locked({ root }: CertificateStore, folder: string, { pid, namespace }: ProcessIdentity): KeepgateError {
  const elsewhere = namespace === ownIdentity().namespace ? '' : ', of another container,';
  return new KeepgateError(4, {
    code: 'store-locked',
    message: `process ${pid}${elsewhere} is at work in the store ${root}`,
    help: elsewhere
      ? `Wait for it. If that container is gone: rm -r ${folder}`
      : `Wait for it, or see what it is: ps -p ${pid}`,
  });
}
