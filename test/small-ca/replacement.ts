/** The `replaces` of a new order (RFC 9773, section 5). */
import type { Fields } from './jws.ts';
import { Problem } from './problem.ts';
import type { Account, Ca, Identifier, IssuedCertificate, Order } from './records.ts';

/** Undefined when it is not given, or when the CA has no ARI and so doesn't know the field. Throws Problem. */
export function replacementOf(
  ca: Ca,
  { replaces: id }: Fields,
  account: Account,
  identifiers: readonly Identifier[],
): Order['replaces'] {
  if (id === undefined || ca.policy.ari === 'none') return undefined;
  const certificate = typeof id === 'string' ? byCertificateId(ca, id) : undefined;
  if (!certificate || typeof id !== 'string') throw new Problem(404, 'malformed', `there is no certificate ${id}`);
  if (certificate.account !== account) throw new Problem(403, 'unauthorized', 'it was issued to another account');
  if (!identifiers.some(({ value }) => certificate.names.includes(value))) {
    throw new Problem(400, 'malformed', 'it shares no identifier with this order');
  }
  if (certificate.replacedBy) throw new Problem(409, 'alreadyReplaced', `${id} was replaced already`);
  return { id, serial: certificate.serial };
}

/** By the identifier of RFC 9773, section 4.1: key identifier of the issuer, dot, serial number. */
export function byCertificateId(ca: Ca, id: string): IssuedCertificate | undefined {
  const issuer = ca.authorities.keyIdentifier.toString('base64url');
  return ca.issued.find(({ serial }) => id === `${issuer}.${Buffer.from(serial, 'hex').toString('base64url')}`);
}
