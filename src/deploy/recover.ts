/** A run that was killed left its journal: what it had changed is put back before anything else is done. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import type { HeldTree } from '../files/held-tree.ts';
import type { Distrust } from '../files/trusted-folder.ts';
import { visible } from '../visible.ts';
import type { Place } from './apply.ts';
import { undoCrashed } from './install.ts';
import { linkedBelow, unsafeBelow } from './install-folder.ts';
import { dropJournal, readJournal } from './journal.ts';
import { noteLoaded, noteUnsure } from './loaded.ts';
import { folderOf } from './plan.ts';
import { nginxOf } from './processes.ts';
import { isLoaded, testReloadObserve } from './reload.ts';
import { inState, stateFolderIfAny, stateName, withInstallLock } from './state-folder.ts';

/** Milliseconds to wait for runs that are at work. */
const lockWait = 600_000;

/**
 * For commands that write beside what is installed: nobody else changes it meanwhile, and the journal of a run is not theirs to overwrite. A run
 * that is at work is waited for, one that was cut off is put back. Then the work is done; where nothing was ever installed, with no lock. In a
 * folder that somebody else can change no journal is believed: what lies there stays, with a warning.
 * @throws KeepgateError install-locked, install-folder-unsafe, state-damaged, state-not-usable, out-not-usable, nginx-not-runnable (4)
 */
export async function recoverBefore<T>(
  tree: HeldTree,
  place: Pick<Place, 'shown' | 'instance'>,
  work: () => T | Promise<T>,
  waiting?: (pid: number) => void,
): Promise<{ readonly recovered: readonly Diagnostic[]; readonly result: T }> {
  if (tree.distrust !== undefined) return { recovered: notBelieved(tree, tree.distrust), result: await work() };
  const isInstalled = inState(tree, stateName, () => stateFolderIfAny(tree, stateName)) !== undefined;
  if (!isInstalled) return { recovered: [], result: await work() };
  return withInstallLock(tree, { wait: lockWait, waiting }, async () => {
    const recovered = await recover(tree, place, { reload: true });
    return { recovered, result: await work() };
  });
}

/**
 * The same for commands that only reload it, and may not be let write there: without a journal there is nothing to wait for.
 * @throws KeepgateError as `recoverBefore` does
 */
export async function recoverInterrupted(
  tree: HeldTree,
  place: Pick<Place, 'shown' | 'instance'>,
  signal: AbortSignal | undefined,
): Promise<readonly Diagnostic[]> {
  if (tree.distrust !== undefined) return notBelieved(tree, tree.distrust);
  if (readJournal(tree) === undefined) return [];
  return withInstallLock(tree, { wait: lockWait, signal }, () => recover(tree, place, { reload: true, signal }));
}

/** Whatever lies there under the name of a journal, nobody reads it. */
function notBelieved(tree: HeldTree, { folder, why, remedy }: Distrust): Diagnostic[] {
  try {
    const path = tree.placeIfAny(join(stateName, 'journal.json'));
    if (path === undefined || lstatSync(path, { throwIfNoEntry: false }) === undefined) return [];
  } catch {
    return [];
  }
  return [
    {
      code: 'install-folder-unsafe',
      severity: 'warning',
      message: `${folder} ${why}, so the journal in ${tree.at(stateName)} is not acted upon`,
      help: `Look whether the files are as they should be: keepgate diff. Then run: ${remedy}`,
    },
  ];
}

/**
 * Only for the holder of the lock, in a folder that is trusted.
 * @throws KeepgateError install-folder-unsafe, state-damaged, state-not-usable, out-not-usable, nginx-not-runnable (4)
 */
export async function recover(
  tree: HeldTree,
  { shown, instance }: Pick<Place, 'shown' | 'instance'>,
  { reload, signal }: { readonly reload: boolean; readonly signal?: AbortSignal | undefined },
): Promise<Diagnostic[]> {
  const journal = readJournal(tree);
  if (journal === undefined) return [];
  const folders = Object.keys(journal.after).flatMap((path) => (path.includes('/') ? [folderOf(path)] : []));
  const [unsafe] = [...linkedBelow(tree, folders), ...unsafeBelow(tree, folders)];
  if (unsafe !== undefined) throw new KeepgateError(4, unsafe);
  const left = undoCrashed(tree, journal);
  const diagnostics: Diagnostic[] = [
    {
      code: 'crash-recovered',
      severity: 'info',
      message: `a run of keepgate ${visible(journal.by)} that began at ${visible(journal.at)} was cut off; what stood in ${shown} before it was put back`,
    },
    ...left.map(
      (path): Diagnostic => ({
        code: 'crash-left',
        severity: 'warning',
        message: `${shown}/${path} was changed after a run that was cut off, so it was left as it is`,
        help: 'Compare it with what keepgate renders: keepgate diff',
      }),
    ),
  ];
  // nginx may have read what was put back since; and a recovery may have been cut off before its reload.
  const running = instance && nginxOf(instance.pidFile);
  const result =
    instance && running && reload ? await testReloadObserve({ instance, ...(signal && { signal }) }) : undefined;
  diagnostics.push(...(result?.diagnostics ?? []).map((one) => ({ ...one, severity: 'warning' as const })));
  const loaded = result === undefined ? instance !== undefined && running === undefined : isLoaded(result);
  if (loaded) noteLoaded(tree);
  else noteUnsure(tree, running);
  if (result !== undefined && !loaded)
    diagnostics.push({
      code: 'recovery-not-taken',
      severity: 'warning',
      message: `what stood in ${shown} before was put back, and nginx has not taken it: it may run with what the run that was cut off had it read`,
      help: 'Remove the reason and run "keepgate apply": it has nginx read what is there.',
    });
  dropJournal(tree);
  return diagnostics;
}
