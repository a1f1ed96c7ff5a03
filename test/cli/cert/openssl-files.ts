import { execFileSync } from 'node:child_process';
import type { Workplace } from '../workplace.ts';

/** Runs OpenSSL's command line in the working folder, with these bytes on standard input. */
export function openssl(place: Workplace, args: readonly string[], input = ''): string {
  return execFileSync('openssl', args, { cwd: place.folder, input, encoding: 'utf8', stdio: 'pipe' });
}

export interface Parts {
  readonly key: string;
  readonly certificate: string;
  readonly above: readonly string[];
}

/** A PFX as IT departments send it; `legacy` as Windows wrote it before Server 2019. */
export function writePfx(place: Workplace, name: string, parts: Parts, password: string, legacy = false): string {
  const pem = place.write(`${name}.pem`, [parts.key, parts.certificate, ...parts.above].join(''), 0o600);
  const options = ['-export', ...(legacy ? ['-legacy'] : []), '-in', pem, '-out', name, '-passout', 'stdin'];
  openssl(place, ['pkcs12', ...options], `${password}\n`);
  return name;
}

/** Certificates without a key. */
export function writeP7b(place: Workplace, name: string, certificates: readonly string[], form: 'DER' | 'PEM'): string {
  const pem = place.write(`${name}.pem`, certificates.join(''));
  openssl(place, ['crl2pkcs7', '-nocrl', '-certfile', pem, '-outform', form, '-out', name]);
  return name;
}
