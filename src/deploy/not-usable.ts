import { KeepgateError } from '../diagnostic.ts';
import { codeOf, reasonOf } from '../files/errno.ts';
import type { FileFailure } from '../files/replace-all.ts';

/** A failure of the file system, in words. @returns a KeepgateError out-not-usable (4); anything else as it is */
export function notUsable(path: string, error: unknown, verb: FileFailure['verb']): unknown {
  const code = codeOf(error);
  if (code === '' || error instanceof KeepgateError) return error;
  return new KeepgateError(4, {
    code: 'out-not-usable',
    message: `${path} can't be ${verb}: ${reasonOf(code)}`,
    ...(code === 'EACCES' && {
      help: 'Write to a folder of your own with --out DIR; the commands it ends with install the files.',
    }),
  });
}
