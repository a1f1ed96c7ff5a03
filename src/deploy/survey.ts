/** Looks at a folder before anything is written there. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { KeepgateError } from '../diagnostic.ts';
import { readBelieved } from '../files/believed-file.ts';
import type { HeldTree } from '../files/held-tree.ts';
import { sha256 } from '../files/snapshot.ts';
import { isTrustedUser, othersMayWrite } from '../files/trust.ts';
import { manifestName } from '../render/render.ts';
import { notUsable } from './not-usable.ts';
import { type Entry, type Found, folderOf, pathsOf, type Wanted } from './plan.ts';
import { parseManifest, type WrittenManifest } from './plan-manifest.ts';

/**
 * What is at every path that matters to what is wanted and to the manifest. Symbolic links are not followed, and nothing but regular
 * files is opened. In a folder that somebody else can change, the manifest is not believed.
 * @throws KeepgateError manifest-damaged (1); out-not-usable (4)
 */
export function survey(tree: HeldTree, wanted: Pick<Wanted, 'manifest'>): Found {
  const entries = new Map<string, Entry>();
  const manifest = tree.distrust === undefined ? readManifest(tree) : undefined;
  const paths = pathsOf(wanted, manifest);
  for (const below of new Set([...paths].map(folderOf))) note(entries, tree, below);
  for (const path of paths) if (entries.get(folderOf(path))?.is === 'folder') note(entries, tree, path);
  return { manifest, entries };
}

function note(entries: Map<string, Entry>, tree: HeldTree, path: string): void {
  const entry = attempt(tree.at(path), () => look(tree, path));
  if (entry !== undefined) entries.set(path, entry);
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw notUsable(path, error, 'read');
  }
}

function look(tree: HeldTree, path: string): Entry | undefined {
  const place = tree.place(path);
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return { is: 'folder' };
  if (stats.isSymbolicLink()) return { is: 'link', to: readlinkSync(place) };
  return stats.isFile() ? read(place, tree.distrust !== undefined) : { is: 'special' };
}

/** `strict`: a file with a second name may be anybody's, put there by a user who may not read it. */
function read(place: string, strict: boolean): Entry {
  const descriptor = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || (strict && stats.nlink > 1)) return { is: 'special' };
    const stranger = isTrustedUser(stats.uid) ? {} : { stranger: stats.uid };
    const open = othersMayWrite(stats) ? { open: true } : {};
    return { is: 'file', sha256: sha256(readFileSync(descriptor)), ...stranger, ...open };
  } finally {
    closeSync(descriptor);
  }
}

/** It has a second name while another run replaces it. */
function readManifest(tree: HeldTree): WrittenManifest | undefined {
  const found = attempt(tree.at(manifestName), () => readBelieved(tree.place(manifestName), { names: 2 }));
  if (found === undefined) return undefined;
  const parsed = 'text' in found ? parseManifest(found.text) : found;
  if ('manifest' in parsed) return parsed.manifest;
  throw new KeepgateError(1, {
    code: 'manifest-damaged',
    message: `${tree.at(manifestName)} can't be trusted: ${parsed.problem}; nothing was written`,
    help:
      'It tells which files are keepgate’s. Bring it back from version control or a backup, or remove it together ' +
      'with the keepgate files beside it, or write to another folder: --out DIR',
  });
}
