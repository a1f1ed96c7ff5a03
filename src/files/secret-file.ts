/** A file whose contents go where another user may see what they are good for. */
import { constants, lstatSync, readlinkSync, type Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { codeOf } from './errno.ts';
import { type FileContents, readRegularFile, unreadBecause } from './regular-file.ts';
import { isOwnLink, linkOfAnother, type WalkedFolder, walkTo } from './trusted-folder.ts';

type Unread = Exclude<FileContents, { state: 'read' }>;

/** As the kernel has it (path_resolution(7)). */
const mostLinks = 40;

/**
 * Reads a regular file at an absolute path, but through no link that another user could have made to lead to a file that is not theirs.
 * The same holds for the path that a link of ours leads to. `links`: how many may still be followed.
 */
export function readSecretFile(path: string, links = mostLinks): FileContents {
  let folder: WalkedFolder;
  try {
    folder = walkTo(dirname(path), { toRead: true });
  } catch (error) {
    return unwalked(error);
  }
  try {
    const place = join(folder.path, basename(path));
    const stats = lstatSync(place, { throwIfNoEntry: false });
    if (!stats?.isSymbolicLink()) return readRegularFile(place, constants.O_NOFOLLOW);
    if (!isKept(folder, stats)) return unreadable('it is a symbolic link that another user could have made');
    if (links === 0) return unreadable('too many symbolic links lead to it');
    const to = readlinkSync(place);
    // `join` would take ".." for the folder that is named before it, which may be a link.
    return readSecretFile(isAbsolute(to) ? to : `${folder.real}/${to}`, links - 1);
  } catch (error) {
    return unreadBecause(error);
  } finally {
    folder.release();
  }
}

/** Nobody else decides what is on the way to the folder, and nobody else can exchange a link of ours in it. */
const isKept = (folder: WalkedFolder, link: Stats): boolean =>
  (folder.distrust === undefined || folder.distrust.folder === folder.real) && isOwnLink(folder, link);

/** The path is not tried by name after all: what was in the way may have been exchanged meanwhile. */
function unwalked(error: unknown): Unread {
  const link = linkOfAnother(error);
  if (link !== undefined) return unreadable(link);
  if (codeOf(error) !== 'ELOOP') return unreadBecause(error);
  const { path } = error as NodeJS.ErrnoException;
  return unreadable(`${path} is a symbolic link that another user could have made, or that leads in a circle`);
}

const unreadable = (reason: string): Unread => ({ state: 'unreadable', reason });
