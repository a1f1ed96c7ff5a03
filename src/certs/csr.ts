/** Certificate signing requests (PKCS#10, RFC 2986). Pure, and without secrets in what it returns. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';
import * as der from './der.ts';
import * as x509 from './x509.ts';

export interface RequestOptions {
  /** Whether the first name is the subject's common name too, which some internal CAs want. */
  readonly commonName?: boolean;
}

/** The longest common name that X.520 has room for. */
const longestCommonName = 64;

/**
 * A request as DER for these host names, wildcards and IP addresses (with or without brackets) as SubjectAltName, signed with
 * their private key of one of keepgate's types.
 */
export function certificateRequest(
  names: readonly string[],
  key: KeyObject,
  { commonName = false }: RequestOptions = {},
): Buffer {
  const [first = ''] = names;
  const named = commonName && first.length <= longestCommonName && isIP(first.replace(/^\[(.*)\]$/, '$1')) === 0;
  const extensionRequest = der.sequence(
    der.oid('1.2.840.113549.1.9.14'),
    der.set(der.sequence(x509.subjectAltName(names))),
  );
  const info = der.sequence(
    der.integer(Buffer.of(0)),
    x509.distinguishedName(named ? { commonName: first } : {}),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der.explicit(0, extensionRequest),
  );
  const by = x509.signatureOf(key);
  return der.sequence(info, by.identifier, der.bitString(sign(by.digest, info, key)));
}
