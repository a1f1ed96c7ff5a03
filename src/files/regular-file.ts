import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** What reading a path came to. `read` alone has contents; `too-large` is more than the limit. */
export type FileContents =
  | { readonly state: 'read'; readonly bytes: Buffer; readonly mode: number }
  | { readonly state: 'missing' | 'too-large' }
  | { readonly state: 'not-a-file'; readonly kind: string }
  | { readonly state: 'unreadable'; readonly reason: string };

/** 1 MB, more than any certificate bundle or password file that people use. */
const limit = 1_000_000;

/**
 * Reads a regular file through any symbolic links, at most 1 MB of it. Nothing else is ever opened, since a FIFO would
 * hang and a device may act; a file that changes kind between the look and the opening is noticed on the descriptor.
 * `flags`: of open(2), besides.
 */
export function readRegularFile(path: string, flags = 0): FileContents {
  try {
    const before = statSync(path, { throwIfNoEntry: false }); // making an exception takes longer than looking
    if (!before) return { state: 'missing' };
    if (!before.isFile()) return { state: 'not-a-file', kind: kindOf(before) };
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | flags);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return { state: 'not-a-file', kind: kindOf(stats) };
      const bytes = readAtMost(descriptor, limit + 1);
      return bytes.length > limit ? { state: 'too-large' } : { state: 'read', bytes, mode: stats.mode };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return unreadBecause(error);
  }
}

/** Why there are no contents, in words that go on from the path. */
export function whyNotRead(file: Exclude<FileContents, { state: 'read' }>): string {
  if (file.state === 'not-a-file') return `it is ${file.kind}`;
  if (file.state === 'unreadable') return file.reason;
  return file.state === 'missing' ? 'there is no such file' : 'it is larger than 1 MB';
}

/** The size that `stat` gives isn't asked: it is 0 in /proc, and a file may grow. */
function readAtMost(descriptor: number, most: number): Buffer {
  const buffer = Buffer.allocUnsafe(most);
  let length = 0;
  for (let count = -1; count !== 0 && length < most; length += count) {
    count = readSync(descriptor, buffer, length, most - length, null);
  }
  return buffer.subarray(0, length);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

/** What the error of a file operation says of the file. Throws any other error. */
export function unreadBecause(error: unknown): Exclude<FileContents, { state: 'read' }> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'missing' };
  if (code === 'ELOOP') return { state: 'not-a-file', kind: 'a symbolic link that leads back to itself' };
  if (code === 'EACCES' || code === 'EPERM') return { state: 'unreadable', reason: 'this user may not read it' };
  if (code === '') throw error;
  return { state: 'unreadable', reason: code };
}
