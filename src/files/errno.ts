/** What the file system refuses, in words. */

/** The code of a failed file operation, such as ENOENT; '' for any other error. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EEXIST: 'something else is in the way',
  ENOTDIR: 'something on its way is not a folder',
  EISDIR: 'it is a folder',
  ELOOP: 'a symbolic link is in the way',
  ENAMETOOLONG: 'the name is too long',
};

/** The code of a failed file operation, in words. */
export const reasonOf = (code: string): string => reasons[code] ?? code;
