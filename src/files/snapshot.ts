/** The bytes that stood at some paths of a folder, so that they can stand there again. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import type { HeldTree } from './held-tree.ts';
import type { Attributes } from './staging.ts';

export interface Snapshot {
  /** Path below the folder → its bytes in base64, whose it is, and its mode. What is in neither list was not there. */
  readonly files: Readonly<Record<string, Attributes & { readonly bytes: string }>>;
  readonly links: Readonly<Record<string, string>>;
}

/** What is there now. Neither links nor anything but regular files are opened. */
export function snapshotOf(tree: HeldTree, paths: Iterable<string>): Snapshot {
  const files: Record<string, Snapshot['files'][string]> = {};
  const links: Record<string, string> = {};
  for (const path of paths) {
    const place = tree.placeIfAny(path);
    const stats = place === undefined ? undefined : lstatSync(place, { throwIfNoEntry: false });
    if (place === undefined || stats === undefined) continue;
    if (stats.isSymbolicLink()) links[path] = readlinkSync(place);
    const file = stats.isFile() ? readFile(place) : undefined;
    if (file !== undefined) files[path] = file;
  }
  return { files, links };
}

function readFile(place: string): Snapshot['files'][string] | undefined {
  const descriptor = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    const { mode, uid, gid } = stats;
    if (!stats.isFile()) return undefined;
    return { bytes: readFileSync(descriptor).toString('base64'), mode: mode & 0o7777, uid, gid };
  } finally {
    closeSync(descriptor);
  }
}

/** What stands, or stood, at a path, in one word: a hash, a link, or '' for nothing. */
export function wordFor({ files, links }: Snapshot, path: string): string {
  const file = files[path];
  if (file !== undefined) return sha256(Buffer.from(file.bytes, 'base64'));
  return links[path] === undefined ? '' : `-> ${links[path]}`;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
