import { chmodSync, linkSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { temporaryIn, writeNew as writeWhole } from '../files/durable.ts';
import { codeOf } from '../files/errno.ts';

/**
 * Writes a file where there is none, whole or not at all.
 * @param help the way out when there is one
 * @throws KeepgateError spec-exists (1), not-writable (4)
 */
export function writeNew(path: string, shown: string, text: string, help: string): void {
  const temporary = temporaryIn(dirname(path));
  try {
    writeWhole(temporary, text);
    chmodSync(temporary, 0o644);
    // A rename would take the place of what is there.
    linkSync(temporary, path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST')
      throw new KeepgateError(1, { code: 'spec-exists', message: `${shown} exists already, and stays as it is`, help });
    const reason = { ENOENT: 'there is no such folder', EACCES: 'this user may not write there' }[code] ?? code;
    throw new KeepgateError(4, { code: 'not-writable', message: `${shown} can't be written: ${reason}` });
  } finally {
    rmSync(temporary, { force: true });
  }
}
