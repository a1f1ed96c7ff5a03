import { generateKeyPairSync } from 'node:crypto';
import * as x509 from './x509.ts';

export interface SelfSignedOptions {
  /** How long it is valid; 30 by default. */
  readonly days?: number;
  /** The beginning of its validity, to the second. */
  readonly now?: Date;
  /** Both say what the certificate is for to a person who looks at it. */
  readonly organization?: string;
  readonly commonName?: string;
}

/**
 * A throwaway server certificate for these host names and IP addresses, and its new EC P-256 key in PKCS#8, both as
 * PEM. Its subject says that it is not a real one.
 */
export function selfSigned(
  names: readonly string[],
  {
    days = 30,
    now = new Date(),
    organization = 'not a real certificate',
    commonName = 'keepgate stand-in',
  }: SelfSignedOptions = {},
): { certificate: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const subject = x509.distinguishedName({ commonName, organization });
  const extensions = [
    x509.basicConstraints(false),
    x509.keyUsage(['digitalSignature']),
    x509.extendedKeyUsage('serverAuth'),
    x509.subjectKeyIdentifier(publicKey),
    ...(names.length > 0 ? [x509.subjectAltName(names)] : []),
  ];
  const notAfter = new Date(now.getTime() + days * 86_400_000);
  const fields = { subject, issuer: subject, publicKey, notBefore: now, notAfter, extensions };
  return {
    certificate: x509.signCertificate(fields, privateKey, x509.ecdsaWithSha256),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
