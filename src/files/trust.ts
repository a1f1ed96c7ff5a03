/** Whom keepgate believes: root, and the user it runs as. Nobody else can be kept out of what these two may change. */
import process from 'node:process';

interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Whether a file or folder of this user is as good as one of our own. */
export const isTrustedUser = (uid: number): boolean => uid === 0 || uid === process.geteuid?.();

/**
 * Whether a file or folder can be written by more than its owner: by everyone, or by a group other than root's. An ordinary user's own
 * group counts as that user; root does not trust the group that it happens to run with.
 */
export function othersMayWrite({ mode, gid }: Pick<Attributes, 'mode' | 'gid'>): boolean {
  if ((mode & 0o002) !== 0) return true;
  if ((mode & 0o020) === 0 || gid === 0) return false;
  return process.geteuid?.() === 0 || gid !== process.getegid?.();
}

/** Why somebody else decides what is in a file or folder, in words that go on from its path; undefined where nobody does. */
export function whoElse(stats: Attributes): string | undefined {
  if (!isTrustedUser(stats.uid)) return `belongs to user ${stats.uid}`;
  if (!othersMayWrite(stats)) return undefined;
  return `can be written by ${(stats.mode & 0o002) !== 0 ? 'everyone' : `group ${stats.gid}`}`;
}
