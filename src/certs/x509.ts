/** Writes X.509 v3 certificates (RFC 5280) from parts that are already DER. */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';
import * as der from './der.ts';
import { pem } from './pem.ts';

/** How a certificate is signed: the AlgorithmIdentifier as DER, and the digest under node:crypto's name. */
export interface SignatureAlgorithm {
  readonly identifier: Buffer;
  readonly digest: string;
}

export const ecdsaWithSha256: SignatureAlgorithm = {
  identifier: der.sequence(der.oid('1.2.840.10045.4.3.2')),
  digest: 'sha256',
};
const ecdsaWithSha384: SignatureAlgorithm = {
  identifier: der.sequence(der.oid('1.2.840.10045.4.3.3')),
  digest: 'sha384',
};
const rsaWithSha256: SignatureAlgorithm = {
  identifier: der.sequence(der.oid('1.2.840.113549.1.1.11'), der.der(0x05)),
  digest: 'sha256',
};

/** How a key of one of keepgate's types signs (RFC 5758, section 3.2; RFC 4055, section 5). */
export function signatureOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignatureAlgorithm {
  if (asymmetricKeyType === 'rsa') return rsaWithSha256;
  return asymmetricKeyDetails?.namedCurve === 'secp384r1' ? ecdsaWithSha384 : ecdsaWithSha256;
}

export interface CertificateFields {
  /** Both from `distinguishedName`. */
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** From the functions below. */
  readonly extensions: readonly Buffer[];
}

/** Signs a certificate with the issuer's private key and a random serial number of 16 bytes. Returns PEM. */
export function signCertificate(fields: CertificateFields, issuerKey: KeyObject, by: SignatureAlgorithm): string {
  const serial = randomBytes(16);
  // Positive without a further byte, and never shortened by a leading zero.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const signed = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))),
    der.integer(serial),
    by.identifier,
    fields.issuer,
    der.sequence(der.time(fields.notBefore), der.time(fields.notAfter)),
    fields.subject,
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(3, der.sequence(...fields.extensions)),
  );
  const certificate = der.sequence(signed, by.identifier, der.bitString(sign(by.digest, signed, issuerKey)));
  return pem('CERTIFICATE', certificate);
}

export function distinguishedName(name: { commonName?: string; organization?: string }): Buffer {
  const attribute = (type: string, value: string | undefined) =>
    value === undefined ? [] : [der.set(der.sequence(der.oid(type), der.utf8String(value)))];
  return der.sequence(...attribute('2.5.4.10', name.organization), ...attribute('2.5.4.3', name.commonName));
}

/** An extension from its dotted identifier and its value as DER. */
function extension(id: string, value: Uint8Array, { critical = false } = {}): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.trueValue] : []), der.octetString(value));
}

/** Whether it is a certificate authority's (RFC 5280, section 4.2.1.9). */
export function basicConstraints(authority: boolean): Buffer {
  return extension('2.5.29.19', der.sequence(...(authority ? [der.trueValue] : [])), { critical: true });
}

const keyUsages = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 };

/** What the key may be used for (RFC 5280, section 4.2.1.3). */
export function keyUsage(usages: readonly (keyof typeof keyUsages)[]): Buffer {
  const bits = usages.map((usage) => keyUsages[usage]);
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return extension('2.5.29.15', der.bitString(Buffer.of(byte), 7 - Math.max(...bits)), { critical: true });
}

const purposes = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' };

/** Which end of a TLS connection it is for (RFC 5280, section 4.2.1.12). */
export function extendedKeyUsage(purpose: keyof typeof purposes): Buffer {
  return extension('2.5.29.37', der.sequence(der.oid(purposes[purpose])));
}

/**
 * Host names (IDN too, as A-labels) and IP addresses (IPv6 with or without brackets) as a SubjectAltName; critical where
 * the subject is empty (RFC 5280, section 4.2.1.6).
 */
export function subjectAltName(names: readonly string[], options: { critical?: boolean } = {}): Buffer {
  const general = names.map((name) => {
    const address = name.replace(/^\[(.*)\]$/, '$1');
    return isIP(address) === 0
      ? der.implicit(2, Buffer.from(domainToASCII(name) || name, 'ascii'))
      : der.implicit(7, addressBytes(address));
  });
  return extension('2.5.29.17', der.sequence(...general), options);
}

/** Names the certificate's key (RFC 5280, section 4.2.1.2). */
export function subjectKeyIdentifier(publicKey: KeyObject): Buffer {
  return extension('2.5.29.14', der.octetString(keyIdentifier(publicKey)));
}

/** Names the key that signs (RFC 5280, section 4.2.1.1), as its own certificate does in `subjectKeyIdentifier`. */
export function authorityKeyIdentifier(issuerKey: KeyObject): Buffer {
  return extension('2.5.29.35', der.sequence(der.implicit(0, keyIdentifier(issuerKey))));
}

/** The SHA-256 of the whole public key (RFC 7093, section 2, method 4). */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

/** An IP address in network byte order: 4 bytes or 16. */
function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes every spelling in hexadecimal groups, with at most one `::`.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((part) => part.split(':').filter(Boolean));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
