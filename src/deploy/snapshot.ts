/** The bytes that stood at some paths of a folder, so that they can stand there again. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Attributes } from '../files/staging.ts';
import type { Wanted } from './plan.ts';

export interface Snapshot {
  /** Path below the folder → its bytes in base64, whose it is, and its mode. What is in neither list was not there. */
  readonly files: Readonly<Record<string, Attributes & { readonly bytes: string }>>;
  readonly links: Readonly<Record<string, string>>;
}

/** What is there now. Neither links nor anything but regular files are opened. */
export function snapshotOf(folder: string, paths: Iterable<string>): Snapshot {
  const files: Record<string, Snapshot['files'][string]> = {};
  const links: Record<string, string> = {};
  for (const path of paths) {
    const place = join(folder, path);
    const stats = lstatSync(place, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink()) links[path] = readlinkSync(place);
    if (!stats?.isFile()) continue;
    const descriptor = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { mode, uid, gid } = fstatSync(descriptor);
      files[path] = { bytes: readFileSync(descriptor).toString('base64'), mode: mode & 0o7777, uid, gid };
    } finally {
      closeSync(descriptor);
    }
  }
  return { files, links };
}

/** What stands, or stood, at a path, in one word: a hash, a link, or '' for nothing. */
export function wordFor({ files, links }: Snapshot, path: string): string {
  const file = files[path];
  if (file !== undefined) return sha256(Buffer.from(file.bytes, 'base64'));
  return links[path] === undefined ? '' : `-> ${links[path]}`;
}

/** The state as something that a folder can be made to hold; `except`: paths that are no part of it. */
export function wantedOf({ files, links }: Snapshot, except: readonly string[]): Wanted {
  const kept = Object.entries(files).filter(([path]) => !except.includes(path));
  const contents = kept.map(([path, { bytes }]) => ({ path, text: Buffer.from(bytes, 'base64') }));
  return {
    files: contents,
    links: Object.entries(links).map(([path, to]) => ({ path, to })),
    manifest: { files: Object.fromEntries(contents.map(({ path, text }) => [path, sha256(text)])), links },
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
