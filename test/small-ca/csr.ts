/** Reads a certification request (RFC 2986): its key, its names, and whether the key signed it. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as der from '../../src/certs/der.ts';

export interface CertificateRequest {
  readonly publicKey: KeyObject;
  /** Of the subject. */
  readonly commonName?: string;
  /** Host names in small letters and IP addresses, from the SubjectAltName. */
  readonly names: readonly string[];
}

const oids = {
  commonName: der.oid('2.5.4.3'),
  extensionRequest: der.oid('1.2.840.113549.1.9.14'),
  subjectAltName: der.oid('2.5.29.17'),
};

const digests = [
  { oid: der.oid('1.2.840.10045.4.3.2'), digest: 'sha256' },
  { oid: der.oid('1.2.840.10045.4.3.3'), digest: 'sha384' },
  { oid: der.oid('1.2.840.10045.4.3.4'), digest: 'sha512' },
  { oid: der.oid('1.2.840.113549.1.1.11'), digest: 'sha256' },
  { oid: der.oid('1.2.840.113549.1.1.12'), digest: 'sha384' },
  { oid: der.oid('1.2.840.113549.1.1.13'), digest: 'sha512' },
];

/** Throws Error when it is no request, or is not signed by its own key. */
export function readRequest(bytes: Uint8Array): CertificateRequest {
  const [information = none, algorithm = none, signature = none] = der.children(bytes);
  const [, subject = none, spki = none, attributes] = der.children(information);
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const [algorithmId = none] = der.children(algorithm);
  const digest = digests.find(({ oid }) => oid.equals(algorithmId))?.digest;
  if (!digest) throw new Error('the signature algorithm is not taken');
  if (!verify(digest, information, publicKey, der.content(signature).subarray(1))) {
    throw new Error('it is not signed by its own key');
  }
  const commonName = commonNameOf(subject);
  return { publicKey, names: attributes ? requestedNames(attributes) : [], ...(commonName ? { commonName } : {}) };
}

const none = Buffer.of(0x30, 0);

function commonNameOf(subject: Uint8Array): string | undefined {
  for (const attribute of der.children(subject).flatMap(der.children)) {
    const [type = none, value = none] = der.children(attribute);
    if (oids.commonName.equals(type)) return Buffer.from(der.content(value)).toString().toLowerCase();
  }
  return undefined;
}

function requestedNames(attributes: Uint8Array): string[] {
  for (const attribute of der.children(attributes)) {
    const [type = none, values = none] = der.children(attribute);
    if (!oids.extensionRequest.equals(type)) continue;
    for (const extension of der.children(values).flatMap(der.children)) {
      const parts = der.children(extension);
      const value = parts.at(-1) ?? none;
      if (oids.subjectAltName.equals(parts[0] ?? none)) return der.children(der.content(value)).map(generalName);
    }
  }
  return [];
}

function generalName(value: Uint8Array): string {
  const bytes = Buffer.from(der.content(value));
  if (value[0] === 0x82) return bytes.toString('ascii').toLowerCase();
  if (value[0] === 0x87 && bytes.length === 4) return bytes.join('.');
  if (value[0] === 0x87 && bytes.length === 16)
    return plainAddress(bytes.toString('hex').match(/.{4}/g)?.join(':') ?? '');
  throw new Error('a name is neither a host name nor an address');
}

/** An IPv6 address as RFC 5952 writes it. */
export const plainAddress = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);
