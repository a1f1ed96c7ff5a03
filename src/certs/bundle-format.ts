/** What kind of file an IT department has sent. Pure. */
import { X509Certificate } from 'node:crypto';
import * as der from './der.ts';

export type BundleFormat = 'pem' | 'certificate' | 'pkcs7' | 'pkcs12' | 'key' | 'unknown';

const signedData = der.oid('1.2.840.113549.1.7.2').toString('latin1');
const passwordBased = der.oid('1.2.840.113549.1.5.13').toString('latin1');

/** By what is in it; names of files are not to be relied on. */
export function formatOf(bytes: Buffer): BundleFormat {
  if (/^-----BEGIN /m.test(bytes.toString('latin1'))) return 'pem';
  if (bytes[0] !== 0x30) return 'unknown';
  if (isCertificate(bytes)) return 'certificate';
  // Both may be of indefinite length (BER), which der.ts does not read, and begin with what tells them apart.
  const start = bytes.subarray(0, 40).toString('latin1');
  const first = start.slice(headerLength(bytes));
  if (first.startsWith(signedData)) return 'pkcs7';
  // Each of these begins with its version: a PFX with 3 (RFC 7292, section 4), PKCS#8 and PKCS#1 with 0, SEC 1 with 1.
  if (first.startsWith('\x02\x01\x03')) return 'pkcs12';
  const isKey = ['\x02\x01\x00', '\x02\x01\x01'].some((version) => first.startsWith(version));
  return isKey || start.includes(passwordBased) ? 'key' : 'unknown';
}

/** How many bytes tag and length take. */
const headerLength = ([, length = 0]: Buffer): number => (length > 0x80 ? 2 + (length & 0x7f) : 2);

/** As text where it is UTF-16, which PowerShell writes, or begins with a byte order mark. */
export function asBytes(bytes: Buffer): Buffer {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return Buffer.from(bytes.subarray(2).toString('utf16le'), 'latin1');
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function isCertificate(bytes: Buffer): boolean {
  try {
    return new X509Certificate(bytes).raw.length > 0;
  } catch {
    return false;
  }
}
