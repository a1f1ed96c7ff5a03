import { resolve } from 'node:path';
import { KeepgateError } from '../../../diagnostic.ts';
import { codeOf } from '../../../files/errno.ts';
import { writeText } from '../../../files/text-file.ts';
import { notWritable } from '../../write-new.ts';

/**
 * Writes a certificate request, in place of an earlier one too, but of nothing else.
 * @throws KeepgateError file-exists (1), not-writable (4)
 */
export function writeRequest(shown: string, text: string, cwd: string): void {
  try {
    writeText(resolve(cwd, shown), text, (start) => start.startsWith('-----BEGIN CERTIFICATE REQUEST-----'));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw notWritable(shown, error);
    throw new KeepgateError(1, {
      code: 'file-exists',
      message: `${shown} exists already, is no certificate request, and stays as it is`,
      help: 'Name another file with --out, or print the request with --out -',
    });
  }
}
