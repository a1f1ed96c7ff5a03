/** A plan in the words of people: what is created, changed, enabled, disabled, removed, with the texts before and after. */
import { isUtf8 } from 'node:buffer';
import type { HeldTree } from '../files/held-tree.ts';
import { type Snapshot, snapshotOf } from '../files/snapshot.ts';
import { inWords } from './install.ts';
import type { Plan } from './plan.ts';

export interface FileChange {
  readonly path: string;
  /** A site is enabled and disabled by its link. */
  readonly action: 'create' | 'change' | 'enable' | 'disable' | 'remove';
  /** It was changed by hand since keepgate wrote it, or is not keepgate's at all: see the plan's conflicts. */
  readonly conflict: 'hand-edited' | 'foreign' | undefined;
  /** '' for what is not there; of a link `-> its target`. */
  readonly before: string;
  readonly after: string;
}

/** @throws KeepgateError out-not-usable (4) */
export function fileChanges(tree: HeldTree, plan: Plan): FileChange[] {
  const paths = [...plan.files, ...plan.links].map(({ path }) => path).concat(plan.remove);
  const now = inWords(tree, () => snapshotOf(tree, paths));
  const conflicts = new Map(plan.conflicts.map(({ path, kind }) => [path, kind]));
  const change = (path: string, after: string, action: FileChange['action']): FileChange => {
    return { path, action, conflict: conflicts.get(path), before: textOf(now, path), after };
  };
  const isThere = (path: string): boolean => now.files[path] !== undefined || now.links[path] !== undefined;
  return [
    ...plan.files.map(({ path, text }) =>
      change(path, readable(Buffer.from(text)), isThere(path) ? 'change' : 'create'),
    ),
    ...plan.links.map(({ path, to }) => change(path, `-> ${to}\n`, isThere(path) ? 'change' : 'enable')),
    ...plan.remove.map((path) => change(path, '', now.links[path] === undefined ? 'remove' : 'disable')),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function textOf({ files, links }: Snapshot, path: string): string {
  const file = files[path];
  if (file !== undefined) return readable(Buffer.from(file.bytes, 'base64'));
  return links[path] === undefined ? '' : `-> ${links[path]}\n`;
}

const readable = (bytes: Buffer): string =>
  isUtf8(bytes) ? bytes.toString('utf8') : `${bytes.length} bytes of no text\n`;
