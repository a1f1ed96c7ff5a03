import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { KeepgateError } from '../../../diagnostic.ts';

/**
 * Writes a certificate request, in place of an earlier one too, but of nothing else.
 * @throws KeepgateError file-exists (1), not-writable (4)
 */
export function writeRequest(shown: string, text: string, cwd: string): void {
  const path = resolve(cwd, shown);
  try {
    writeFileSync(path, text, { flag: isRequest(path) ? 'w' : 'wx', mode: 0o644 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === '') throw error;
    if (code === 'EEXIST')
      throw new KeepgateError(1, {
        code: 'file-exists',
        message: `${shown} exists already, is no certificate request, and stays as it is`,
        help: 'Name another file with --out, or print the request with --out -',
      });
    const reason = { ENOENT: 'there is no such folder', EACCES: 'this user may not write there' }[code] ?? code;
    throw new KeepgateError(4, { code: 'not-writable', message: `${shown} can't be written: ${reason}` });
  }
}

function isRequest(path: string): boolean {
  try {
    return readFileSync(path, 'latin1').startsWith('-----BEGIN CERTIFICATE REQUEST-----');
  } catch {
    return false;
  }
}
