/** When to renew (RFC 9773). */
import type { Answer } from './answer.ts';
import type { Fault, SpecialFaults } from './faults.ts';
import { days } from './policy.ts';
import { Problem } from './problem.ts';
import type { Ca, IssuedCertificate } from './records.ts';
import { byCertificateId } from './replacement.ts';

export function renewalInfo(ca: Ca, path: string, fault: Fault | undefined): Answer {
  const issued = byCertificateId(ca, path.split('/')[2] ?? '');
  if (ca.policy.ari === 'none' || !issued) throw new Problem(404, 'malformed', 'there is no such certificate');
  const window = windowOf(ca, issued);
  const { explanationUrl, ariRetryAfter } = ca.policy;
  return {
    status: 200,
    headers: { 'Retry-After': String(ariRetryAfter) },
    body: {
      suggestedWindow: fault?.fault === 'renewal-info' ? malformed(window, fault.flaw) : window,
      ...(explanationUrl ? { explanationURL: explanationUrl } : {}),
    },
  };
}

interface Window {
  readonly start: Date;
  readonly end: Date;
}

/** Around two thirds of the lifetime (half of one below ten days), a 25th of it long; in the past for a revoked one. */
function windowOf({ now, policy }: Ca, { notBefore, notAfter, revoked }: IssuedCertificate): Window {
  if (revoked) return { start: at(now(), -days(2)), end: at(now(), -days(1)) };
  if (typeof policy.ari === 'object') return policy.ari;
  const end = notAfter.getTime() + 1000;
  const lifetime = end - notBefore.getTime();
  const middle = end - lifetime / (lifetime < days(10) ? 2 : 3);
  return { start: new Date(middle - lifetime / 50), end: new Date(middle + lifetime / 50) };
}

function malformed({ start, end }: Window, flaw: SpecialFaults['renewalInfo']['flaw']): object {
  const year = days(365);
  switch (flaw) {
    case 'no-dates':
      return {};
    case 'not-dates':
      return { start: 'soon', end: 17 };
    case 'end-before-start':
      return { start: end, end: start };
    case 'years-away':
      return { start: at(start, 5 * year), end: at(end, 5 * year) };
    case 'years-ago':
      return { start: at(start, -5 * year), end: at(end, -5 * year) };
  }
}

const at = (moment: Date, offset: number): Date => new Date(moment.getTime() + offset);
