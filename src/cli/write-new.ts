import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { KeepgateError } from '../diagnostic.ts';

/**
 * Writes a file where there is none.
 * @param help the way out when there is one
 * @throws KeepgateError spec-exists (1), not-writable (4)
 */
export function writeNew(path: string, shown: string, text: string, help: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o644,
    );
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST')
      throw new KeepgateError(1, { code: 'spec-exists', message: `${shown} exists already, and stays as it is`, help });
    const reason = { ENOENT: 'there is no such folder', EACCES: 'this user may not write there' }[String(code)] ?? code;
    throw new KeepgateError(4, { code: 'not-writable', message: `${shown} can't be written: ${reason}` });
  }
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}
