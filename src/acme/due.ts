/** What there is to do about one certificate, now. */
import { join } from 'node:path';
import { readPending } from '../certs/journal.ts';
import type { CertificateSettings } from '../certs/settings.ts';
import {
  type CertificateStore,
  liveVersion,
  refuseForeignLink,
  type StoredVersion,
  versionsOf,
} from '../certs/store.ts';
import { damaged } from '../certs/store-failure.ts';
import { readStored } from '../certs/stored-file.ts';
import type { KeepgateError } from '../diagnostic.ts';
import { certificateId, isWindowStale, rememberWindow } from './ari.ts';
import { changes } from './changes.ts';
import { directoryOf } from './directory.ts';
import { decideRenewal, type RenewalDecision } from './renewal.ts';
import type { RenewalState } from './renewal-state.ts';
import type { Sessions } from './sessions.ts';
import { saveState, stateOf } from './state-file.ts';
import type { Validity } from './validity.ts';

export interface Job {
  /** Of the certificate in the store. */
  readonly name: string;
  readonly settings: CertificateSettings;
}

/** A certificate whose settings can't be read. */
export interface UnreadableJob {
  readonly name: string;
  readonly error: KeepgateError;
}

export interface Due {
  readonly job: Job;
  readonly action: 'issue' | 'switch' | 'keep' | 'hold';
  readonly decision: RenewalDecision;
  readonly state: RenewalState;
  /** The newest version in the store. */
  readonly newest: StoredVersion | undefined;
  /** From when to when that is valid. */
  readonly certificate: Validity | undefined;
  /** What an order for it says that it replaces (RFC 9773, section 5). */
  readonly replaces: string | undefined;
}

export interface DueOptions {
  readonly store: CertificateStore;
  readonly sessions: Sessions;
  readonly now: () => Date;
  /** Whatever the clock says. */
  readonly force: boolean;
  /** Our own pauses after a failure hold; a person who asks need not wait for them. What a CA said holds always. */
  readonly patient: boolean;
}

/**
 * The CA is asked for its suggested window when it is time to. A version that never came to be served, because a run ended
 * too early or nginx refused it, is switched to before another is asked for.
 * @throws KeepgateError store-damaged (4), store-not-writable (4)
 */
export async function dueOf(job: Job, options: DueOptions): Promise<Due> {
  const { store, now, force, patient } = options;
  const { name, settings } = job;
  refuseForeignLink(store, name);
  const newest = versionsOf(store, name).at(-1);
  const certificate = newest && validityOf(newest);
  const state = newest ? await withWindow(job, newest, options) : stateOf(store, name);
  const directory = directoryOf(settings.directory ?? 'letsencrypt').url;
  const changed = newest ? changes(newest.meta, { ...settings, directory }) : [];
  const decision = decideRenewal({ now: now(), state, changed, ...(certificate && { certificate }) });
  const replaces = newest && idOf(newest);
  const due = (action: Due['action']): Due => ({
    ...{ job, action, decision, state, newest, certificate, replaces },
  });
  const isHeldByCa = state.notBefore !== undefined && Date.parse(state.notBefore) > now().getTime();
  if (decision.why === 'back-off' && (patient || isHeldByCa) && !force) return due('hold');
  const live = liveVersion(store, name);
  const isUnserved = newest !== undefined && (typeof live !== 'object' || live.number !== newest.number);
  const isGood = certificate !== undefined && certificate.notAfter > now() && changed.length === 0;
  if (readPending(store, name) !== undefined) return due('issue');
  if (isUnserved && isGood && !force) return due('switch');
  return due(decision.due || decision.why === 'back-off' || force ? 'issue' : 'keep');
}

function idOf({ folder, meta }: StoredVersion): string | undefined {
  if (meta.origin !== 'acme') return undefined;
  const path = join(folder, 'fullchain.pem');
  const pem = readStored(path) ?? '';
  try {
    return certificateId(pem);
  } catch {
    throw damaged(path, 'it does not begin with a certificate');
  }
}

const validityOf = ({ meta: { notBefore, notAfter, serial } }: StoredVersion): Validity => ({
  notBefore: new Date(notBefore),
  notAfter: new Date(notAfter),
  serial,
});

/** A CA that can't be reached is no reason to stop: what is known already decides. */
async function withWindow({ name, settings }: Job, newest: StoredVersion, options: DueOptions): Promise<RenewalState> {
  const { store, sessions, now } = options;
  const state = stateOf(store, name);
  const id = idOf(newest);
  if (id === undefined || !isWindowStale(state.ari, newest.meta.serial, now())) return state;
  try {
    const info = await sessions.renewalInfo(settings, id);
    const ari = info && rememberWindow(info, validityOf(newest), now());
    if (ari === undefined || typeof ari === 'string') return state;
    const updated = { ...state, ari };
    saveState(store, name, updated);
    return updated;
  } catch {
    return state;
  }
}
