/**
 * What is remembered between two runs, on disk: state.json of each certificate. It decides nothing that a certificate
 * depends on, so a file that is damaged counts as none.
 */
import { saveDocuments } from '../certs/documents.ts';
import { type CertificateStore, noteDocument, readDocument } from '../certs/store.ts';
import { KeepgateError } from '../diagnostic.ts';
import { type RenewalState, renewed } from './renewal-state.ts';

const file = 'state.json';

/** @throws KeepgateError store-not-writable (4) when this user may not read it */
export function stateOf(store: CertificateStore, name: string): RenewalState {
  return unlessDamaged(() => validState(readDocument(store, name, file))) ?? renewed;
}

/** @throws KeepgateError store-not-writable (4) */
export function saveState(store: CertificateStore, name: string, state: RenewalState): void {
  noteDocument(store, name, file, state);
}

/** The same, and it is on the disk when it resolves. @throws KeepgateError store-not-writable (4) */
export function saveStateForSure(store: CertificateStore, name: string, state: RenewalState): Promise<void> {
  return saveDocuments(store, name, { [file]: state });
}

export function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof KeepgateError && error.diagnostic.code === 'store-damaged') return undefined;
    throw error;
  }
}

/** What has another form than keepgate writes is left out. */
function validState(value: object | undefined): RenewalState {
  const found = { ...value } as { readonly [key in keyof RenewalState]?: unknown };
  const { failures, lastAttempt, notBefore, revoked, lastError, ari, reloadOwed, hookOwed } = found;
  return {
    failures: Number.isSafeInteger(failures) ? Math.max(0, Number(failures)) : 0,
    ...(typeof lastAttempt === 'string' && { lastAttempt }),
    ...(typeof notBefore === 'string' && { notBefore }),
    ...(typeof revoked === 'string' && { revoked }),
    ...(Number.isSafeInteger(reloadOwed) && { reloadOwed: Number(reloadOwed) }),
    ...(Number.isSafeInteger(hookOwed) && { hookOwed: Number(hookOwed) }),
    ...(hasTexts<NonNullable<RenewalState['lastError']>>(lastError, ['code', 'message']) && { lastError }),
    ...(hasTexts<NonNullable<RenewalState['ari']>>(ari, [
      ...(['serial', 'start', 'end', 'checkedAt', 'recheckAt', 'chosen'] as const),
    ]) && { ari }),
  };
}

function hasTexts<T>(value: unknown, members: readonly (keyof T)[]): value is T {
  return (
    typeof value === 'object' && value !== null && members.every((member) => typeof (value as T)[member] === 'string')
  );
}
