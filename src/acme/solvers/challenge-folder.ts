/** The folder below a webroot that answers go into, held open so that nobody can swap it for a link meanwhile. */
import { closeSync, constants, fchmodSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { KeepgateError } from '../../diagnostic.ts';

const segments = ['.well-known', 'acme-challenge'] as const;
const flags = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Opens ROOT/.well-known/acme-challenge, makes what is missing with mode 0755 whatever the umask, and hands its path to
 * `work` as /proc/self/fd/N. ROOT may be a link, the two below may not: whoever may write to a webroot could lead them
 * anywhere.
 * @throws KeepgateError webroot-not-usable (4)
 */
export function inChallengeFolder<T>(root: string, work: (folder: string) => T): T {
  const open: number[] = [];
  let shown = root;
  try {
    let folder = openFolder(root, 0);
    open.push(folder);
    for (const segment of segments) {
      shown = join(shown, segment);
      folder = openFolder(`/proc/self/fd/${folder}/${segment}`, constants.O_NOFOLLOW);
      open.push(folder);
    }
    shown = root;
    return work(`/proc/self/fd/${folder}`);
  } catch (error) {
    throw notUsable(shown, error);
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

function openFolder(path: string, also: number): number {
  let made = false;
  try {
    mkdirSync(path, { mode: 0o755 });
    made = true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const descriptor = openSync(path, flags | also);
  if (made) fchmodSync(descriptor, 0o755);
  return descriptor;
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
  if (code === undefined) return error;
  return new KeepgateError(4, {
    code: 'webroot-not-usable',
    message: `challenges can't be put below ${path}: ${reasons[code] ?? code}`,
    help:
      'Run as the user who owns the folder, most often root, or name another webroot. Links below the webroot are not ' +
      'followed: make .well-known and acme-challenge real folders.',
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
