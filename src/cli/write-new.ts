import { KeepgateError } from '../diagnostic.ts';
import { codeOf } from '../files/errno.ts';
import { writeText } from '../files/text-file.ts';
import { linkOfAnother } from '../files/trusted-folder.ts';

/**
 * Writes a file where there is none, whole or not at all.
 * @param help the way out when there is one
 * @throws KeepgateError spec-exists (1), not-writable (4)
 */
export function writeNew(path: string, shown: string, text: string, help: string): void {
  try {
    writeText(path, text);
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new KeepgateError(1, { code: 'spec-exists', message: `${shown} exists already, and stays as it is`, help });
    throw notWritable(shown, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  EACCES: 'this user may not write there',
};

/** An error of the system as not-writable (4), any other as it is. */
export function notWritable(shown: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === '') return error;
  const link = linkOfAnother(error);
  return new KeepgateError(4, {
    code: 'not-writable',
    message: `${shown} can't be written: ${link ?? reasons[code] ?? code}`,
    ...(link !== undefined && { help: 'Such a link is not followed: name the folder itself.' }),
  });
}
