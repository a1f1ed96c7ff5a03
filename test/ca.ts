/** A certificate authority for tests: roots, intermediates, server and client certificates of any kind. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as der from '../src/certs/der.ts';
import * as x509 from '../src/certs/x509.ts';

export type KeyType = 'ec-p256' | 'ec-p384' | 'rsa-1024' | 'rsa-2048';

export interface Issued {
  /** PEM, this certificate alone. */
  readonly certificate: string;
  /** PKCS#8 PEM. */
  readonly key: string;
  /** The subject as DER: the issuer of what it signs. */
  readonly subject: Buffer;
}

export interface IssueOptions {
  readonly commonName: string;
  /** Signs it; without one it signs itself. */
  readonly issuer?: Issued;
  /** `server` unless given. */
  readonly kind?: 'authority' | 'server' | 'client';
  /** Host names and addresses for the SubjectAltName. */
  readonly names?: readonly string[];
  /** A new key of this type (`ec-p256` unless given), or this key as PEM. */
  readonly key?: KeyType | { readonly pem: string };
  /** Now, to the second, unless given. */
  readonly notBefore?: Date;
  /** 90 days after notBefore unless given. */
  readonly notAfter?: Date;
  /** `sha256` unless given. */
  readonly digest?: 'sha256' | 'sha1';
}

const signatures = {
  ec: { sha256: '1.2.840.10045.4.3.2', sha1: '1.2.840.10045.4.1' },
  rsa: { sha256: '1.2.840.113549.1.1.11', sha1: '1.2.840.113549.1.1.5' },
};
const noParameters = der.der(0x05);

export function issue(options: IssueOptions): Issued {
  const { commonName, issuer, kind = 'server', names = [], notBefore = new Date(), digest = 'sha256' } = options;
  const key = keyOf(options.key ?? 'ec-p256');
  const publicKey = createPublicKey(key);
  const issuerKey = issuer ? createPrivateKey(issuer.key) : key;
  const subject = x509.distinguishedName({ commonName, organization: 'keepgate tests' });
  const authority = kind === 'authority';
  const fields = {
    subject,
    issuer: issuer?.subject ?? subject,
    publicKey,
    notBefore,
    notAfter: options.notAfter ?? new Date(notBefore.getTime() + 90 * 86_400_000),
    extensions: [
      x509.basicConstraints(authority),
      x509.keyUsage(authority ? ['keyCertSign', 'cRLSign'] : ['digitalSignature']),
      ...(authority ? [] : [x509.extendedKeyUsage(kind === 'client' ? 'clientAuth' : 'serverAuth')]),
      x509.subjectKeyIdentifier(publicKey),
      ...(issuer ? [x509.authorityKeyIdentifier(createPublicKey(issuerKey))] : []),
      ...(names.length > 0 ? [x509.subjectAltName(names)] : []),
    ],
  };
  const rsa = issuerKey.asymmetricKeyType === 'rsa';
  const identifier = der.sequence(der.oid(signatures[rsa ? 'rsa' : 'ec'][digest]), ...(rsa ? [noParameters] : []));
  return {
    certificate: x509.signCertificate(fields, issuerKey, { identifier, digest }),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    subject,
  };
}

/**
 * A root, an intermediate that it signed, both valid from 2020 to 2060, and a server certificate that the latter
 * signed.
 */
export function chain(names: readonly string[], options: Partial<IssueOptions> = {}) {
  const authority = { kind: 'authority', notBefore: new Date('2020-01-01'), notAfter: new Date('2060-01-01') } as const;
  const root = issue({ commonName: 'test root', ...authority });
  const intermediate = issue({ commonName: 'test intermediate', issuer: root, ...authority });
  const leaf = issue({ commonName: names[0] ?? 'test leaf', names, issuer: intermediate, ...options });
  return { root, intermediate, leaf, fullchain: leaf.certificate + intermediate.certificate };
}

function keyOf(key: KeyType | { readonly pem: string }): KeyObject {
  if (typeof key === 'object') return createPrivateKey(key.pem);
  const [algorithm, size = ''] = key.split('-');
  return algorithm === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: Number(size) }).privateKey
    : generateKeyPairSync('ec', { namedCurve: size.replace('p', 'P-') }).privateKey;
}
