/** RFC 8555, section 7.6. */
import { X509Certificate } from 'node:crypto';
import { fieldsOf, type Handler } from './answer.ts';
import { authorizationStatus } from './authorizations.ts';
import { Problem } from './problem.ts';
import type { Account, Ca, IssuedCertificate } from './records.ts';

/** Of RFC 5280, section 5.3.1, those that a subscriber may give. */
const reasons: readonly unknown[] = [0, 1, 3, 4, 5];

export const revoke: Handler = (ca, post) => {
  const { certificate, reason = 0 } = fieldsOf(post) ?? {};
  const issued = find(ca, certificate);
  const { account, key } = post.signed;
  if (account ? !mayRevoke(ca, account, issued) : !key?.object.equals(issued.publicKey)) {
    throw new Problem(403, 'unauthorized', 'neither its account nor its key signed this');
  }
  if (!reasons.includes(reason)) throw new Problem(400, 'badRevocationReason', `${reason} is not for subscribers`);
  if (issued.revoked) throw new Problem(400, 'alreadyRevoked', 'it is revoked already');
  issued.revoked = { at: ca.now(), reason: Number(reason), by: account ? 'account' : 'certificate key' };
  return { status: 200, body: '' };
};

function find(ca: Ca, certificate: unknown): IssuedCertificate {
  const der = Buffer.from(String(certificate), 'base64url');
  const issued = ca.issued.find((one) => new X509Certificate(one.certificate).raw.equals(der));
  if (!issued) throw new Problem(404, 'malformed', 'this CA issued no such certificate');
  return issued;
}

/** The account that it was issued to, or one that holds authorizations for all of its names. */
function mayRevoke(ca: Ca, account: Account, issued: IssuedCertificate): boolean {
  if (issued.account === account) return true;
  const held = [...ca.authorizations.values()].filter(
    (one) => one.account === account && authorizationStatus(ca, one) === 'valid',
  );
  return issued.names.every((name) =>
    held.some(({ identifier, wildcard }) => (wildcard ? `*.${identifier.value}` : identifier.value) === name),
  );
}
