/**
 * What an installation remembers: `.keepgate` beside the files, so that it goes where they go, into an image or a volume of two
 * containers, and so that whoever writes there meets the same lock. nginx reads no hidden file by a pattern.
 *
 *   .keepgate/lock/         who is at work
 *   .keepgate/journal.json  what a run that has not ended had found
 *   .keepgate/history/N     what stood before the N-th change
 *   .keepgate/unloaded.json the workers that have not read the last change
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { sweep, syncFolder } from '../files/durable.ts';
import { codeOf, reasonOf } from '../files/errno.ts';
import { type LockOptions, withFolderLock } from '../files/folder-lock.ts';
import type { ProcessIdentity } from '../files/process-identity.ts';

export const stateName = '.keepgate';

/** The folder of the state, below nginx's folder; it need not exist. */
export function stateOf(folder: string): string {
  return join(folder, stateName);
}

/**
 * Does the work while no other run changes this installation, after what a crash left half-written was removed.
 * @throws KeepgateError install-locked (4), state-not-usable (4); the signal's reason when it is aborted
 */
export async function withInstallLock<T>(folder: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const state = stateOf(folder);
  const lock = join(state, 'lock');
  const attempt = <R>(act: () => R): R => inState(state, act);
  attempt(() => {
    for (const path of [state, lock, join(state, 'history')]) makePrivate(path);
  });
  const locked = ({ pid }: ProcessIdentity, elsewhere: boolean): KeepgateError =>
    new KeepgateError(4, {
      code: 'install-locked',
      message: `process ${pid}${elsewhere ? ', of another container,' : ''} is changing ${folder}; nothing was written`,
      help: elsewhere ? `Wait for it. If that container is gone: rm -r ${lock}` : `Wait for it, or see: ps -p ${pid}`,
    });
  return withFolderLock(lock, options, { attempt, locked }, () => {
    attempt(() => {
      for (const path of [state, join(state, 'history')]) sweep(path);
    });
    return work();
  });
}

/** Previous bytes may hold what is not for everyone, and who could write here could have root install theirs. */
function makePrivate(path: string): void {
  try {
    mkdirSync(path, 0o700);
    syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const stats = lstatSync(path);
  if (!stats.isDirectory()) throw notUsable(path, 'is not a folder', 'Move it away.');
  if (stats.uid !== process.geteuid?.())
    throw notUsable(path, `belongs to user ${stats.uid}`, 'Run keepgate as that user, or as root after: chown -R root');
  if ((stats.mode & 0o077) !== 0) throw notUsable(path, 'can be entered by others', `Run: chmod 700 ${path}`);
}

/** Turns what a file system refuses into words. */
export function inState<T>(state: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = codeOf(error);
    if (code === '' || !(error instanceof Error) || error instanceof KeepgateError) throw error;
    const path = 'path' in error ? String(error.path) : state;
    throw notUsable(path, `can't be used: ${reasonOf(code)}`, 'Run it as root (sudo).');
  }
}

function notUsable(path: string, reason: string, help: string): KeepgateError {
  return new KeepgateError(4, { code: 'state-not-usable', message: `${path} ${reason}; nothing was changed`, help });
}
