import process from 'node:process';

/** Whether a file or folder can be written by more than its owner: by everyone, or by a group that is neither root's nor this process's own. */
export function othersMayWrite({ mode, gid }: { readonly mode: number; readonly gid: number }): boolean {
  if ((mode & 0o002) !== 0) return true;
  return (mode & 0o020) !== 0 && gid !== 0 && gid !== process.getegid?.();
}
