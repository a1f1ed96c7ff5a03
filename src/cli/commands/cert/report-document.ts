import type { CertificateReport } from '../../../acme/look-over.ts';
import { timestamp } from '../../../certs/time-in-words.ts';

/** A certificate for other programs. Moments are RFC 3339 in UTC, the lifetime is in seconds. */
export function reportDocument({ version, renewal, memory, settings, ...report }: CertificateReport): object {
  const { lastAttempt, lastError, ari, failures } = memory;
  return {
    ...report,
    ...(version && { version: version.number, ...served(version.meta) }),
    ...(settings && { settings }),
    ...(renewal && {
      renewal: {
        ...{ due: renewal.due, at: timestamp(renewal.at), why: renewal.why, reason: renewal.reason },
        ...(renewal.since && { since: timestamp(renewal.since) }),
        ...(renewal.retryAt && { retryAt: timestamp(renewal.retryAt) }),
      },
    }),
    ...(ari && { ari }),
    ...(failures > 0 && { failures }),
    ...(lastAttempt !== undefined && { lastAttempt }),
    ...(lastError && { lastError }),
  };
}

type Meta = NonNullable<CertificateReport['version']>['meta'];

function served({ issuer, serial, fingerprint, keyType, notBefore, notAfter, directory, profile }: Meta): object {
  const lifetime = Math.round((Date.parse(notAfter) - Date.parse(notBefore)) / 1000);
  const issued = { issuer, serial, fingerprint, keyType, notBefore, notAfter, lifetime };
  return { ...issued, ...(directory !== undefined && { directory }), ...(profile !== undefined && { profile }) };
}
