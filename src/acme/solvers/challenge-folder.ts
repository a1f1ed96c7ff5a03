/** The folder below a webroot that answers go into, held open so that nobody can swap it for a link meanwhile. */
import { fchmodSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KeepgateError } from '../../diagnostic.ts';
import { codeOf } from '../../files/errno.ts';
import { type HeldFolder, holdBelow, releaseFolder } from '../../files/held-folder.ts';
import { linkOfAnother, type WalkedFolder, walkTo } from '../../files/trusted-folder.ts';

const segments = ['.well-known', 'acme-challenge'] as const;

/**
 * Opens ROOT/.well-known/acme-challenge, makes what is missing with mode 0755 whatever the umask, and hands the path of the held folder
 * to `work`. ROOT may be a link of root's or one's own, the two below may not: whoever may write to a webroot could lead them anywhere.
 * @throws KeepgateError webroot-not-usable (4)
 */
export function inChallengeFolder<T>(root: string, work: (folder: string) => T): T {
  const held: HeldFolder[] = [];
  let webroot: WalkedFolder | undefined;
  let shown = root;
  try {
    webroot = openWebroot(root);
    let folder: HeldFolder = webroot;
    for (const segment of segments) {
      shown = join(shown, segment);
      folder = makeBelow(folder, segment);
      held.push(folder);
    }
    shown = root;
    return work(folder.path);
  } catch (error) {
    throw notUsable(shown, error);
  } finally {
    for (const folder of held) releaseFolder(folder);
    webroot?.release();
  }
}

/** It is made when it is missing, and nothing above it. */
function openWebroot(root: string): WalkedFolder {
  try {
    return walkTo(root);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const parent = walkTo(dirname(root));
  try {
    releaseFolder(makeBelow(parent, basename(root)));
  } finally {
    parent.release();
  }
  return walkTo(root);
}

function makeBelow(folder: HeldFolder, name: string): HeldFolder {
  let made = false;
  try {
    mkdirSync(join(folder.path, name), { mode: 0o755 });
    made = true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const below = holdBelow(folder, name);
  if (made) fchmodSync(below.descriptor, 0o755);
  return below;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOENT: 'the folder above it does not exist',
  ENOTDIR: 'it is no folder of its own, but a file or a symbolic link',
  ELOOP: 'it is a symbolic link',
  EISDIR: 'there is a folder with the name of the file',
};

function notUsable(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === '') return error;
  return new KeepgateError(4, {
    code: 'webroot-not-usable',
    message: `challenges can't be put below ${path}: ${linkOfAnother(error) ?? reasons[code] ?? code}`,
    help:
      'Run as the user who owns the folder, most often root, or name another webroot. Links below the webroot are not ' +
      'followed: make .well-known and acme-challenge real folders.',
  });
}
