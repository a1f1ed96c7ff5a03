/** What every document about certificates says alike. Moments are RFC 3339 in UTC, the lifetime is in seconds. */
import type { RenewalDecision } from '../acme/renewal.ts';
import type { VersionMeta } from '../certs/store.ts';
import { timestamp } from '../certs/time-in-words.ts';

export function versionDocument(meta: VersionMeta): object {
  const { issuer, serial, fingerprint, keyType, notBefore, notAfter, directory, profile } = meta;
  const lifetime = Math.round((Date.parse(notAfter) - Date.parse(notBefore)) / 1000);
  const issued = { issuer, serial, fingerprint, keyType, notBefore, notAfter, lifetime };
  return { ...issued, ...(directory !== undefined && { directory }), ...(profile !== undefined && { profile }) };
}

export function renewalDocument({ due, at, why, reason, since, retryAt }: RenewalDecision): object {
  return {
    ...{ due, at: timestamp(at), why, reason },
    ...(since && { since: timestamp(since) }),
    ...(retryAt && { retryAt: timestamp(retryAt) }),
  };
}
