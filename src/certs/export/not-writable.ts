import { KeepgateError } from '../../diagnostic.ts';
import { codeOf } from '../../files/errno.ts';
import { linkOfAnother } from '../../files/trusted-folder.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'its folder is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not do that',
  EISDIR: 'it is a folder',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'the disk is full',
  ELOOP: 'its symbolic links lead in a circle',
  EDQUOT: 'the quota of this user is used up',
};

/** An error of the system as export-not-writable (4), any other as it is. `state`: how things are now. */
export function notWritable(path: string, error: unknown, state = 'What was there before is there still.'): unknown {
  const code = codeOf(error);
  if (code === '' || error instanceof KeepgateError) return error;
  const link = linkOfAnother(error);
  const advice = link
    ? 'Such a link is not followed: name the folder itself.'
    : 'Run it as root (sudo), or name another file.';
  return new KeepgateError(4, {
    code: 'export-not-writable',
    message: `the export ${path} can't be written: ${link ?? reasons[code] ?? code}`,
    help: `${state} ${advice}`,
  });
}
