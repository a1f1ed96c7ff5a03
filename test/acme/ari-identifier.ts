import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';

/** As RFC 9773, section 4.1 makes it, by openssl. */
export function ariIdentifier(pem: string): string {
  const text = execFileSync('openssl', ['x509', '-noout', '-ext', 'authorityKeyIdentifier'], { input: pem }).toString();
  const keyId = /(?:[0-9A-F]{2}:)+[0-9A-F]{2}/.exec(text)?.[0].replaceAll(':', '') ?? '';
  const { serialNumber } = new X509Certificate(pem);
  const serial = Number.parseInt(serialNumber.slice(0, 2), 16) >= 0x80 ? `00${serialNumber}` : serialNumber;
  return [keyId, serial].map((hex) => Buffer.from(hex, 'hex').toString('base64url')).join('.');
}
