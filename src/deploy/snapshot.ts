/** A state that a folder had, as something that it can be made to hold again. */
import { type Snapshot, sha256 } from '../files/snapshot.ts';
import type { Wanted } from './plan.ts';

/** `except`: paths that are no part of it. */
export function wantedOf({ files, links }: Snapshot, except: readonly string[]): Wanted {
  const kept = Object.entries(files).filter(([path]) => !except.includes(path));
  const contents = kept.map(([path, { bytes }]) => ({ path, text: Buffer.from(bytes, 'base64') }));
  return {
    files: contents,
    links: Object.entries(links).map(([path, to]) => ({ path, to })),
    manifest: { files: Object.fromEntries(contents.map(({ path, text }) => [path, sha256(text)])), links },
  };
}
