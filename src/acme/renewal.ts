/**
 * When a certificate is renewed: a pure function of the clock, the certificate and what is remembered of it. Every span is
 * relative to the lifetime, so that the same rules serve 398 days, 90, and 6.
 */
import { lifetimeInWords, spanInWords } from '../certs/time-in-words.ts';
import type { RenewalState } from './renewal-state.ts';
import { fraction, lifetimeOf, type Validity, windowProblem } from './validity.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export interface RenewalInput {
  readonly now: Date;
  /** undefined: there is none yet, or a stand-in. */
  readonly certificate?: Validity;
  readonly state: RenewalState;
  /** From `changes`: how it would be issued otherwise today. */
  readonly changed?: readonly string[];
}

export interface RenewalDecision {
  /** The same as `at <= now`. */
  readonly due: boolean;
  /** When it is renewed, if what is known now stays so; now, when that is past. */
  readonly at: Date;
  /** For people, without a capital and a full stop. */
  readonly reason: string;
  readonly why: 'ari' | 'lifetime' | 'emergency' | 'revoked' | 'missing' | 'changed' | 'back-off' | 'not-yet';
  /** Only with `back-off`: the next attempt. */
  readonly retryAt?: Date;
  /** Since when it should have been renewed, where that is past and its moment is known. */
  readonly since?: Date;
}

/**
 * Whether to renew now, and if not, when. With the same state it never takes a "due" back while time goes by.
 *
 * It is due: at once when there is no certificate, it is revoked or its settings changed; else in the CA's window
 * (RFC 9773); else when a third of its lifetime is left, half below ten days; and in any case when a twentieth is left. A
 * failure holds it back by 1, 10, 100 minutes, then a day, never by more than a fortieth of the lifetime, and in an
 * emergency by no more than a thousandth. What the CA itself said (`notBefore`) holds always.
 */
export function decideRenewal({ now, certificate, state, changed = [] }: RenewalInput): RenewalDecision {
  const plan = planned(now, certificate, state, changed);
  const held = Math.max(backOffEnd(now, certificate, state), moment(state.notBefore) ?? Number.NEGATIVE_INFINITY);
  const at = Math.max(plan.at, held);
  const due = at <= now.getTime();
  if (plan.at > now.getTime())
    return { due, at: new Date(at), reason: plan.laterReason ?? plan.reason, why: 'not-yet' };
  const since = Number.isFinite(plan.at) ? { since: new Date(plan.at) } : {};
  if (due) return { due, at: now, reason: plan.reason, why: plan.why, ...since };
  const retryAt = new Date(held);
  return { due, at: retryAt, reason: heldReason(state, held), why: 'back-off', retryAt, ...since };
}

interface Plan {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly why: Exclude<RenewalDecision['why'], 'back-off' | 'not-yet'>;
  readonly reason: string;
  /** The reason as long as it lies ahead. */
  readonly laterReason?: string;
}

/** When it would be renewed if nothing had failed. */
function planned(now: Date, certificate: Validity | undefined, state: RenewalState, changed: readonly string[]): Plan {
  const atOnce = Number.NEGATIVE_INFINITY;
  if (!certificate) return { at: atOnce, why: 'missing', reason: 'there is no certificate yet' };
  if (state.revoked === certificate.serial) return { at: atOnce, why: 'revoked', reason: 'it is revoked' };
  if (changed.length > 0) return { at: atOnce, why: 'changed', reason: `changed: ${changed.join(', ')}` };
  const emergency = emergencyAt(certificate);
  const usual = suggested(certificate, state) ?? byLifetime(certificate);
  const at = Math.min(usual.at, emergency);
  if (emergency > now.getTime()) return { ...usual, at };
  return { at, why: 'emergency', reason: emergencyReason(now, certificate) };
}

function suggested(certificate: Validity, { ari }: RenewalState): Plan | undefined {
  if (ari?.serial !== certificate.serial) return undefined;
  const [start, end, chosen] = [moment(ari.start), moment(ari.end), moment(ari.chosen)];
  if (start === undefined || end === undefined || chosen === undefined) return undefined;
  if (windowProblem(new Date(start), new Date(end), certificate) !== undefined) return undefined;
  const reason = 'the CA suggests it now (ARI)';
  // What stands in the file may be anything: outside the window it counts as its nearer end.
  return { at: Math.min(Math.max(chosen, start), end), why: 'ari', reason, laterReason: 'when the CA suggests (ARI)' };
}

/**
 * Long lifetimes: a little before a third is left, so that even an outage of a third is survived. Short ones: a
 * little after the middle, never before it.
 */
function byLifetime(certificate: Validity): Plan {
  const lifetime = lifetimeOf(certificate);
  const short = lifetime < 10 * day;
  const luck = fraction(certificate.serial, 'jitter');
  const left = short ? 1 / 2 - luck / 100 : 1 / 3 + (1 + luck) / 30;
  const share = short ? 'half' : 'a third';
  const reason = `about ${share} of its ${lifetimeInWords(certificate)} is left`;
  const laterReason = `when about ${share} of its ${lifetimeInWords(certificate)} is left`;
  return { at: Math.round(certificate.notAfter.getTime() - left * lifetime), why: 'lifetime', reason, laterReason };
}

/** When a twentieth of the lifetime is left: from then on no CA's suggestion and no long pause counts. */
function emergencyAt(certificate: Validity): number {
  return Math.round(certificate.notAfter.getTime() - lifetimeOf(certificate) / 20);
}

function emergencyReason(now: Date, { notAfter }: Validity): string {
  const left = notAfter.getTime() - now.getTime();
  return left > 0 ? `only ${spanInWords(left)} left` : `it expired ${spanInWords(left)} ago`;
}

const steps = [minute, 10 * minute, 100 * minute, day];

/** Until when one more failure, now, holds the next attempt back. */
export function pauseAfterFailure({ now, certificate, state }: Omit<RenewalInput, 'changed'>): Date {
  const failed = { ...state, failures: state.failures + 1, lastAttempt: now.toISOString() };
  return new Date(backOffEnd(now, certificate, failed));
}

/** Milliseconds since 1970. */
function backOffEnd(now: Date, certificate: Validity | undefined, state: RenewalState): number {
  const attempt = moment(state.lastAttempt);
  const step = steps[Math.min(state.failures, steps.length) - 1];
  // An attempt that lies more than the longest step ahead was made by a clock that was wrong.
  if (attempt === undefined || step === undefined || attempt - now.getTime() > day) return Number.NEGATIVE_INFINITY;
  if (!certificate) return attempt + step;
  const lifetime = lifetimeOf(certificate);
  const usual = attempt + Math.min(step, lifetime / 40);
  const urgent = attempt + Math.min(step, lifetime / 1000);
  const urgentFrom = state.revoked === certificate.serial ? Number.NEGATIVE_INFINITY : emergencyAt(certificate);
  return Math.round(Math.min(usual, Math.max(urgent, urgentFrom)));
}

function heldReason({ failures, notBefore, lastError }: RenewalState, held: number): string {
  const who =
    moment(notBefore) === held
      ? 'the CA asked to wait'
      : failures === 1
        ? 'the last attempt failed'
        : `${failures} attempts failed`;
  return lastError ? `${who}: ${lastError.message}` : who;
}

function moment(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}
