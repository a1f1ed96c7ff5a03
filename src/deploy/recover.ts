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
import { stateName, withInstallLock } from './state-folder.ts';

/** Milliseconds to wait for a run that is at work. */
const lockWait = 60_000;

/**
 * For commands that write beside what is installed, or reload it: the journal of a run is not theirs to overwrite. One that is at
 * work is waited for, one that was cut off is put back. Then the work is done; without a journal at once, with no lock. In a folder that
 * somebody else can change no journal is believed: what lies there stays, with a warning.
 * @throws KeepgateError install-locked, install-folder-unsafe, state-damaged, state-not-usable, out-not-usable, nginx-not-runnable (4)
 */
export async function recoverBefore<T>(
  tree: HeldTree,
  place: Pick<Place, 'shown' | 'instance'>,
  work: () => T,
  signal?: AbortSignal,
): Promise<{ readonly recovered: readonly Diagnostic[]; readonly result: T }> {
  if (tree.distrust !== undefined) return { recovered: notBelieved(tree, tree.distrust), result: work() };
  if (readJournal(tree) === undefined) return { recovered: [], result: work() };
  return withInstallLock(tree, { wait: lockWait, signal }, async () => {
    const recovered = await recover(tree, place, { reload: true, signal });
    return { recovered, result: work() };
  });
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
