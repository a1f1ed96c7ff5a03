/** ACME Renewal Information (RFC 9773): what a certificate is called there, and what the CA's answer is worth. */
import { X509Certificate } from 'node:crypto';
import * as der from '../certs/der.ts';
import type { AriState } from './renewal-state.ts';
import { fraction, type Validity, windowProblem } from './validity.ts';

const minute = 60_000;
const hour = 60 * minute;

const version = 0xa0;
const extensions = 0xa3;
const keyIdentifier = 0x80;
const authorityKeyIdentifier = der.oid('2.5.29.35');

/**
 * The name of a certificate (RFC 9773, section 4.1) from its PEM, or that of a full chain: the key identifier of its issuer
 * and its serial number. undefined when it has no such key identifier, so that no CA can be asked about it.
 */
export function certificateId(pem: string): string | undefined {
  const [toBeSigned = Buffer.of()] = der.children(new X509Certificate(pem).raw);
  const fields = der.children(toBeSigned);
  const serial = fields[fields[0]?.[0] === version ? 1 : 0];
  const issuerKey = issuerKeyOf(fields.find(([tag]) => tag === extensions));
  return serial && issuerKey && `${base64url(issuerKey)}.${base64url(der.content(serial))}`;
}

/** The keyIdentifier of the extension (RFC 5280, section 4.2.1.1). */
function issuerKeyOf(wrapped: Uint8Array | undefined): Uint8Array | undefined {
  const [list] = wrapped ? der.children(wrapped) : [];
  for (const extension of list ? der.children(list) : []) {
    const parts = der.children(extension);
    if (!parts[0] || !authorityKeyIdentifier.equals(parts[0])) continue;
    const found = der.children(der.content(parts.at(-1) ?? extension)).find(([tag]) => tag === keyIdentifier);
    return found && der.content(found);
  }
  return undefined;
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** What a CA answers about a certificate. */
export interface SuggestedWindow {
  readonly start: Date;
  readonly end: Date;
  readonly explanationUrl?: string;
}

/** Reads the answer of a CA's renewalInfo resource (RFC 9773, section 4.2); why it can't be one, as a text. */
export function parseWindow(answer: unknown): SuggestedWindow | string {
  const { suggestedWindow, explanationURL } = objectOf(answer);
  const { start, end } = objectOf(suggestedWindow);
  if (start === undefined || end === undefined) return 'it has no suggestedWindow with start and end';
  const [from, to] = [dateOf(start), dateOf(end)];
  if (!from || !to) return 'the dates of its window are not RFC 3339';
  if (from >= to) return 'its window ends before it begins';
  const explanationUrl =
    typeof explanationURL === 'string' && webAddress.test(explanationURL) ? explanationURL : undefined;
  return { start: from, end: to, ...(explanationUrl === undefined ? {} : { explanationUrl }) };
}

const webAddress = /^https?:\/\/[!-~]{1,2000}$/;
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function dateOf(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !rfc3339.test(value)) return undefined;
  const date = new Date(value.toUpperCase());
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * What is kept of an answer, with the moment of the renewal chosen inside the window, the same one for the same window
 * (RFC 9773, section 4.2, wants a uniformly random one); why it is not believed, as a text. `retryAfter` is the CA's, in
 * milliseconds; it is asked again after half a day where it says nothing, and between a minute and a day in any case.
 */
export function rememberWindow(
  { start, end, explanationUrl, retryAfter }: SuggestedWindow & { readonly retryAfter?: number },
  certificate: Validity,
  now: Date,
): AriState | string {
  const problem = windowProblem(start, end, certificate);
  if (problem !== undefined) return problem;
  const span = end.getTime() - start.getTime();
  const chosen = new Date(start.getTime() + fraction(certificate.serial, 'ari') * span);
  // A little less than the timer's interval, so that each of its runs asks.
  const pause = Math.min(Math.max(retryAfter ?? 11 * hour, minute), 24 * hour);
  return {
    serial: certificate.serial,
    start: start.toISOString(),
    end: end.toISOString(),
    checkedAt: now.toISOString(),
    recheckAt: new Date(now.getTime() + pause).toISOString(),
    chosen: chosen.toISOString(),
    ...(explanationUrl === undefined ? {} : { explanationUrl }),
  };
}

/** Whether the CA is to be asked about this certificate now. A clock that went back is no reason not to. */
export function isWindowStale(ari: AriState | undefined, serial: string, now: Date): boolean {
  if (ari?.serial !== serial) return true;
  return !(now < new Date(ari.recheckAt) && new Date(ari.checkedAt) <= now);
}
