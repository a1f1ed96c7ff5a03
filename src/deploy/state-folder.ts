/**
 * What an installation remembers: `.keepgate` beside the files, so that it goes where they go, into an image or a volume of two
 * containers, and so that whoever writes there meets the same lock. nginx reads no hidden file by a pattern.
 *
 *   .keepgate/lock/         who is at work
 *   .keepgate/journal.json  what a run that has not ended had found
 *   .keepgate/history/N     what stood before the N-th change
 *   .keepgate/unloaded.json the workers that have not read the last change
 */
import { join } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { sweep } from '../files/durable.ts';
import { codeOf, reasonOf } from '../files/errno.ts';
import { type LockOptions, withFolderLock } from '../files/folder-lock.ts';
import { type HeldFolder, holdBelow, releaseFolder } from '../files/held-folder.ts';
import type { HeldTree } from '../files/held-tree.ts';
import type { ProcessIdentity } from '../files/process-identity.ts';

/** The folder of the state, below nginx's folder; it need not exist. */
export const stateName = '.keepgate';

const lockName = join(stateName, 'lock');
const historyName = join(stateName, 'history');

/**
 * Does the work while no other run changes this installation, after what a crash left half-written was removed.
 * @throws KeepgateError install-locked (4), state-not-usable (4); the signal's reason when it is aborted
 */
export async function withInstallLock<T>(tree: HeldTree, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const lock = inState(tree, stateName, () => {
    for (const path of [stateName, lockName, historyName]) makePrivate(tree, path);
    return holdBelow(tree.folder(stateName), 'lock');
  });
  const attempt = <R>(act: () => R): R => inState(tree, lockName, act);
  const locked = ({ pid }: ProcessIdentity, elsewhere: boolean): KeepgateError =>
    new KeepgateError(4, {
      code: 'install-locked',
      message: `process ${pid}${elsewhere ? ', of another container,' : ''} is changing ${tree.shown}; nothing was written`,
      help: elsewhere
        ? `Wait for it. If that container is gone: rm -r ${tree.at(lockName)}`
        : `Wait for it, or see: ps -p ${pid}`,
    });
  try {
    return await withFolderLock(lock.path, options, { attempt, locked }, () => {
      // The run that was waited for may have made folders, or taken them away.
      tree.renew();
      attempt(() => {
        for (const path of [stateName, historyName]) sweep(tree.folder(path).path, { folders: true });
      });
      return work();
    });
  } finally {
    releaseFolder(lock);
  }
}

/** Previous bytes may hold what is not for everyone, and who could write here could have root install theirs. */
function makePrivate(tree: HeldTree, path: string): void {
  try {
    tree.make(path, 0o700);
    tree.syncName(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const { uid, mode } = stateFolder(tree, path);
  if (uid !== process.geteuid?.())
    throw notUsable(
      tree.at(path),
      `belongs to user ${uid}`,
      'Run keepgate as that user, or as root after: chown -R root',
    );
  if ((mode & 0o077) !== 0)
    throw notUsable(tree.at(path), 'can be entered by others', `Run: chmod 700 ${tree.at(path)}`);
}

/** The state's folder, or one in it, which nobody else can change; undefined where there is none. */
export function stateFolderIfAny(tree: HeldTree, path: string): HeldFolder | undefined {
  try {
    return stateFolder(tree, path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function stateFolder(tree: HeldTree, path: string): HeldFolder {
  if (path !== stateName) stateFolder(tree, stateName);
  const folder = orOdd(tree, path);
  const distrust = tree.distrustBelow(path);
  if (distrust !== undefined) throw notUsable(distrust.folder, distrust.why, `Run: ${distrust.remedy}`);
  return folder;
}

function orOdd(tree: HeldTree, path: string): HeldFolder {
  try {
    return tree.folder(path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ELOOP' && code !== 'ENOTDIR') throw error;
    throw notUsable(tree.at(path), code === 'ELOOP' ? 'is a symbolic link' : 'is not a folder', 'Move it away.');
  }
}

/** Turns what a file system refuses into words. `path`: below the folder, where the failure names none. */
export function inState<T>(tree: HeldTree, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = codeOf(error);
    if (code === '' || error instanceof KeepgateError) throw error;
    const shown = tree.nameIn(error) ?? tree.at(path);
    throw notUsable(shown, `can't be used: ${reasonOf(code)}`, 'Run it as root (sudo).');
  }
}

function notUsable(path: string, reason: string, help: string): KeepgateError {
  return new KeepgateError(4, { code: 'state-not-usable', message: `${path} ${reason}; nothing was changed`, help });
}
