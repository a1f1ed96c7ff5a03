/** A run that was killed left its journal: what it had changed is put back before anything else is done. */
import type { Diagnostic } from '../diagnostic.ts';
import type { Place } from './apply.ts';
import { undoCrashed } from './install.ts';
import { dropJournal, readJournal } from './journal.ts';
import { noteLoaded, noteUnsure } from './loaded.ts';
import { nginxOf } from './processes.ts';
import { isLoaded, testReloadObserve } from './reload.ts';
import { withInstallLock } from './state-folder.ts';

/** Milliseconds to wait for runs that are at work. */
const lockWait = 600_000;

/**
 * For commands that write beside what is installed, or reload it: the journal of a run is not theirs to overwrite. One that is at
 * work is waited for, one that was cut off is put back. Then the work is done; without a journal at once, with no lock.
 * @throws KeepgateError install-locked, state-damaged, state-not-usable, out-not-usable, nginx-not-runnable (4)
 */
export async function recoverBefore<T>(
  place: Pick<Place, 'folder' | 'shown' | 'instance'>,
  work: () => T | Promise<T>,
  signal?: AbortSignal,
): Promise<{ readonly recovered: readonly Diagnostic[]; readonly result: T }> {
  if (readJournal(place.folder) === undefined) return { recovered: [], result: await work() };
  return withInstallLock(place.folder, { wait: lockWait, signal }, async () => {
    const recovered = await recover(place, { reload: true, signal });
    return { recovered, result: await work() };
  });
}

/**
 * Only for the holder of the lock.
 * @throws KeepgateError state-damaged, state-not-usable, out-not-usable, nginx-not-runnable (4)
 */
export async function recover(
  { folder, shown, instance }: Pick<Place, 'folder' | 'shown' | 'instance'>,
  { reload, signal }: { readonly reload: boolean; readonly signal?: AbortSignal | undefined },
): Promise<Diagnostic[]> {
  const journal = readJournal(folder);
  if (journal === undefined) return [];
  const left = undoCrashed(folder, journal);
  const diagnostics: Diagnostic[] = [
    {
      code: 'crash-recovered',
      severity: 'info',
      message: `a run of keepgate ${journal.by} that began at ${journal.at} was cut off; what stood in ${shown} before it was put back`,
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
  if (loaded) noteLoaded(folder);
  else noteUnsure(folder, running);
  if (result !== undefined && !loaded)
    diagnostics.push({
      code: 'recovery-not-taken',
      severity: 'warning',
      message: `what stood in ${shown} before was put back, and nginx has not taken it: it may run with what the run that was cut off had it read`,
      help: 'Remove the reason and run "keepgate apply": it has nginx read what is there.',
    });
  dropJournal(folder);
  return diagnostics;
}
