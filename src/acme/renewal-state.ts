/** What is remembered of a certificate between two runs. */

/** The CA's answer about one certificate (RFC 9773, section 4.2), as it is kept. Moments are RFC 3339. */
export interface AriState {
  /** Of the certificate that it is about: it says nothing about the next one. */
  readonly serial: string;
  readonly start: string;
  readonly end: string;
  readonly checkedAt: string;
  /** Before it, asking again is pointless. */
  readonly recheckAt: string;
  /** The moment inside the window, chosen once. */
  readonly chosen: string;
  readonly explanationUrl?: string;
}

/** What `state.json` of a certificate holds. Moments are RFC 3339. */
export interface RenewalState {
  /** In a row, since the last success. */
  readonly failures: number;
  readonly lastAttempt?: string;
  /** The CA's own Retry-After, or our own pause where it allowed no more without one: nothing is asked of it before. */
  readonly notBefore?: string;
  readonly lastError?: { readonly code: string; readonly message: string };
  readonly ari?: AriState;
  /** The serial number of the certificate that is known to be revoked. */
  readonly revoked?: string;
  /** The number of the version that nginx may not have read, although it is in place. */
  readonly reloadOwed?: number;
  /** The number of the first version that its deploy hook has not heard of with success. */
  readonly hookOwed?: number;
}

/** The state after all went well, and when nothing is known. */
export const renewed: RenewalState = { failures: 0 };

/** The state after a certificate was issued: what its hook has not heard of, it hears of still. */
export function afterIssuance({ hookOwed }: RenewalState): RenewalState {
  return { ...renewed, ...(hookOwed !== undefined && { hookOwed }) };
}

/** The state after an attempt failed. `retryAt` (RFC 3339) is there when the CA allows no more for now. */
export function failed(
  state: RenewalState,
  now: Date,
  error: { readonly code: string; readonly message: string; readonly retryAt?: string },
): RenewalState {
  const { notBefore: _, ...rest } = state;
  const { code, message, retryAt } = error;
  return {
    ...rest,
    failures: state.failures + 1,
    lastAttempt: now.toISOString(),
    lastError: { code, message },
    ...(retryAt === undefined ? {} : { notBefore: atMostAWeekAfter(now, retryAt) }),
  };
}

/** No limit of a CA looks back further than a week: one that asks for more is asked once more after it. */
function atMostAWeekAfter(now: Date, retryAt: string): string {
  const week = now.getTime() + 168 * 3_600_000;
  return Date.parse(retryAt) > week ? new Date(week).toISOString() : retryAt;
}
