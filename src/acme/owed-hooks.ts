/**
 * Deploy hooks that have still to run: written down before nginx is switched, crossed out once they have succeeded. So one
 * that fails, or that a run was ended before, is called by a later run, although nothing is due.
 */
import { type CertificateStore, liveVersion } from '../certs/store.ts';
import { saveState, saveStateForSure, stateOf } from './state-file.ts';

/** One that is owed already stays so: should this version be put back, the one before still has to be told of. */
export async function oweHook(store: CertificateStore, name: string, version: number): Promise<void> {
  const state = stateOf(store, name);
  if (state.hookOwed === undefined) await saveStateForSure(store, name, { ...state, hookOwed: version });
}

/** Whether what is served is something that the hook has not heard of. */
export function isHookOwed(store: CertificateStore, name: string): boolean {
  const { hookOwed } = stateOf(store, name);
  if (hookOwed === undefined) return false;
  const live = liveVersion(store, name);
  return typeof live === 'object' && live.number >= hookOwed;
}

export function hookDone(store: CertificateStore, name: string): void {
  const { hookOwed, ...state } = stateOf(store, name);
  if (hookOwed !== undefined) saveState(store, name, state);
}
