/** Who signs: one intermediate, with a certificate from each of two roots, so that there are two chains. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import * as der from '../../src/certs/der.ts';
import * as x509 from '../../src/certs/x509.ts';
import { issue } from '../ca.ts';

export interface Authorities {
  /** Each root's PEM: the default chain's first. */
  readonly roots: readonly string[];
  /** The issuer of every leaf as a root, as of a CA that has no intermediate. */
  readonly ownRoot: string;
  /** What follows the leaf in each chain, as PEM. */
  readonly intermediates: readonly string[];
  /** What the leaf's authorityKeyIdentifier holds. */
  readonly keyIdentifier: Buffer;
  /** Signs a server certificate: PEM. */
  sign(leaf: Leaf): string;
}

export interface Leaf {
  readonly publicKey: KeyObject;
  readonly names: readonly string[];
  readonly commonName?: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export function authorities(): Authorities {
  const authority = { kind: 'authority', notBefore: new Date('2020-01-01'), notAfter: new Date('2060-01-01') } as const;
  const roots = ['small CA root 1', 'small CA root 2'].map((commonName) => issue({ commonName, ...authority }));
  const commonName = 'small CA intermediate';
  const key = issue({ commonName, ...authority }).key;
  const intermediates = roots.map((issuer) => issue({ commonName, issuer, key: { pem: key }, ...authority }));
  const ownRoot = issue({ commonName, key: { pem: key }, ...authority }).certificate;
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(privateKey);
  const authorityKeyIdentifier = x509.authorityKeyIdentifier(publicKey);
  const issuer = intermediates[0]?.subject ?? Buffer.of();
  return {
    roots: roots.map(({ certificate }) => certificate),
    ownRoot,
    intermediates: intermediates.map(({ certificate }) => certificate),
    keyIdentifier: createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest(),
    sign({ commonName, names, publicKey, notBefore, notAfter }) {
      const subject = commonName
        ? x509.distinguishedName({ commonName, organization: 'keepgate tests' })
        : der.sequence();
      const extensions = [
        x509.basicConstraints(false),
        x509.keyUsage(['digitalSignature']),
        x509.extendedKeyUsage('serverAuth'),
        x509.subjectKeyIdentifier(publicKey),
        authorityKeyIdentifier,
        x509.subjectAltName(names, { critical: !commonName }),
      ];
      const fields = { subject, issuer, publicKey, notBefore, notAfter, extensions };
      return x509.signCertificate(fields, privateKey, x509.ecdsaWithSha256);
    },
  };
}
