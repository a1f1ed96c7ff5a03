/** A run that was killed left its journal: what it had changed is put back before anything else is done. */
import type { Diagnostic } from '../diagnostic.ts';
import type { Place } from './apply.ts';
import { undoCrashed } from './install.ts';
import { dropJournal, readJournal } from './journal.ts';
import { nginxOf } from './processes.ts';
import { testReloadObserve } from './reload.ts';

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
  if (reload && instance !== undefined && nginxOf(instance.pidFile) !== undefined) {
    const result = await testReloadObserve({ instance, ...(signal && { signal }) });
    diagnostics.push(...result.diagnostics.map((one) => ({ ...one, severity: 'warning' as const })));
  }
  dropJournal(folder);
  return diagnostics;
}
