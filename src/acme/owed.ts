/**
 * What a new version still needs once it is in place: written down before nginx is switched, crossed out once it is done. So
 * a reload that a run was ended before, and a deploy hook that failed or was never called, come with a later run, although
 * nothing is due.
 */
import { type CertificateStore, liveVersion } from '../certs/store.ts';
import { saveState, saveStateForSure, stateOf } from './state-file.ts';

export interface Owed {
  /** nginx has to be reloaded. */
  readonly reload: boolean;
  /** The deploy hook has to be called. */
  readonly hook: boolean;
}

/** A hook that is owed already stays so: should this version be put back, the one before still has to be told of. */
export async function owe(store: CertificateStore, name: string, version: number, owed: Owed): Promise<void> {
  const state = stateOf(store, name);
  const { hookOwed = owed.hook ? version : undefined } = state;
  const next = {
    ...state,
    ...(owed.reload && { reloadOwed: version }),
    ...(hookOwed !== undefined && { hookOwed }),
  };
  if (next.reloadOwed !== state.reloadOwed || hookOwed !== state.hookOwed) await saveStateForSure(store, name, next);
}

/** Whether the version in place is one that nginx may not have read. */
export function isReloadOwed(store: CertificateStore, name: string): boolean {
  const { reloadOwed } = stateOf(store, name);
  return reloadOwed !== undefined && liveNumber(store, name) === reloadOwed;
}

export function reloadDone(store: CertificateStore, name: string): void {
  const { reloadOwed, ...state } = stateOf(store, name);
  if (reloadOwed !== undefined) saveState(store, name, state);
}

/** Whether what is served is something that the hook has not heard of. */
export function isHookOwed(store: CertificateStore, name: string): boolean {
  const { hookOwed } = stateOf(store, name);
  const live = liveNumber(store, name);
  return hookOwed !== undefined && live !== undefined && live >= hookOwed;
}

export function hookDone(store: CertificateStore, name: string): void {
  const { hookOwed, ...state } = stateOf(store, name);
  if (hookOwed !== undefined) saveState(store, name, state);
}

function liveNumber(store: CertificateStore, name: string): number | undefined {
  const live = liveVersion(store, name);
  return typeof live === 'object' ? live.number : undefined;
}
