/** What `cert list` says about a certificate, and what a monitor makes of it. Pure. */
import type { RenewalDecision } from '../acme/renewal.ts';
import { fromNow, spanInWords } from './time-in-words.ts';

/**
 * `overdue`: it should have been renewed more than one run of the timer ago. `imported`: somebody else issues it, so it
 * is only watched. `stand-in`: there is none yet.
 */
export type CertificateState = 'ok' | 'due' | 'overdue' | 'expired' | 'broken' | 'stand-in' | 'imported';

export interface CertificateFacts {
  readonly now: Date;
  readonly origin: 'acme' | 'import';
  /** What is served; undefined when that is a stand-in or nothing. */
  readonly served?: { readonly notBefore: Date; readonly notAfter: Date };
  /** Since when a stand-in is served. */
  readonly standInSince?: Date;
  /** Why what is served can't be right. */
  readonly problem?: string;
  readonly decision: RenewalDecision;
}

export interface CertificateStatus {
  readonly state: CertificateState;
  /** Why, and what happens next. */
  readonly words: string;
}

/** Milliseconds between two runs of `cert timer`. */
export const timerInterval = 12 * 3_600_000;

export function statusOf(facts: CertificateFacts): CertificateStatus {
  const { now, origin, served, problem } = facts;
  if (problem !== undefined) return { state: 'broken', words: problem };
  if (!served) return standIn(facts);
  if (served.notAfter <= now) return { state: 'expired', words: `expired ${fromNow(served.notAfter, now)}` };
  return origin === 'import' ? imported(served, now) : renewing(facts);
}

function standIn({ now, origin, standInSince, decision }: CertificateFacts): CertificateStatus {
  const what = standInSince ? 'a self-signed stand-in is served' : 'there is none yet';
  if (origin === 'import') return { state: 'stand-in', words: `${what}; \`cert import\` takes the one of your CA` };
  const late = standInSince !== undefined && now.getTime() - standInSince.getTime() > timerInterval;
  const held = decision.why === 'back-off' ? `; ${decision.reason}; again ${fromNow(decision.at, now)}` : '';
  return { state: late ? 'overdue' : 'stand-in', words: `${what}${held}` };
}

/** As for any certificate that is looked at, a tenth of the lifetime is soon. */
function imported({ notBefore, notAfter }: NonNullable<CertificateFacts['served']>, now: Date): CertificateStatus {
  const soon = notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 10;
  if (now.getTime() < soon) return { state: 'imported', words: `expires ${fromNow(notAfter, now)}` };
  const words = `expires ${fromNow(notAfter, now)}; get the next one from your CA, and \`cert import\` it`;
  return { state: now.getTime() - soon > timerInterval ? 'overdue' : 'due', words };
}

function renewing({ now, decision }: CertificateFacts): CertificateStatus {
  const { at, why, reason, since } = decision;
  if (why === 'not-yet') return { state: 'ok', words: `renewed ${fromNow(at, now)}, ${reason}` };
  const late = since ? now.getTime() - since.getTime() : 0;
  const next = why === 'back-off' ? `; again ${fromNow(at, now)}` : '';
  return late > timerInterval
    ? { state: 'overdue', words: `overdue for ${spanInWords(late)}: ${reason}${next}` }
    : { state: 'due', words: `${why === 'back-off' ? '' : 'with the next renewal: '}${reason}${next}` };
}

/** For a monitor: 1 when something is expired or broken, else 3 when something is overdue, else 0. */
export function exitCodeOf(states: readonly CertificateState[]): 0 | 1 | 3 {
  if (states.some((state) => state === 'expired' || state === 'broken')) return 1;
  return states.includes('overdue') ? 3 : 0;
}
