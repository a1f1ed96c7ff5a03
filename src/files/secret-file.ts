/** A file whose contents go where another user may see what they are good for. */
import { constants, lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf, reasonOf } from './errno.ts';
import { type FileContents, readRegularFile } from './regular-file.ts';
import { isTrustedUser } from './trust.ts';
import { linkOfAnother, type WalkedFolder, walkTo } from './trusted-folder.ts';

/** Reads a regular file, but through no link that another user could have made to lead to a file that is not theirs. */
export function readSecretFile(path: string): FileContents {
  let folder: WalkedFolder;
  try {
    folder = walkTo(dirname(path));
  } catch (error) {
    const link = linkOfAnother(error);
    if (link !== undefined) return { state: 'unreadable', reason: link };
    const code = codeOf(error);
    if (code === '') throw error;
    return code === 'ENOENT' ? { state: 'missing' } : { state: 'unreadable', reason: reasonOf(code) };
  }
  try {
    const place = join(folder.path, basename(path));
    const stats = lstatSync(place, { throwIfNoEntry: false });
    if (!stats?.isSymbolicLink()) return readRegularFile(place, constants.O_NOFOLLOW);
    if (isTrustedUser(stats.uid) && isKept(folder)) return readRegularFile(place);
    return { state: 'unreadable', reason: 'it is a symbolic link that another user could have made' };
  } finally {
    folder.release();
  }
}

/** Nobody else can exchange a link of ours in it. Secrets of Kubernetes are such links in a sticky folder of root's. */
const isKept = ({ distrust, mode, uid }: WalkedFolder): boolean =>
  distrust === undefined || ((mode & 0o1000) !== 0 && isTrustedUser(uid));
