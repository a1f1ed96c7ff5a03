/** Writes what was rendered below a folder, so that a crash at any point leaves each file old or new and never a stranger. */
import { mkdirSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import { Staging, sweep, syncFolders } from '../files/staging.ts';
import { manifestName } from '../render/render.ts';
import {
  type Found,
  folderOf,
  isEmpty,
  type Plan,
  pathsOf,
  planFolder,
  refusals,
  transition,
  type Wanted,
} from './plan.ts';
import { manifestText, type WrittenManifest } from './plan-manifest.ts';
import { notUsable, survey } from './survey.ts';

/** What a folder has to hold, with the whole list of it. */
export interface Listed extends Wanted {
  readonly manifest: WrittenManifest;
}

export interface WriteOptions {
  /** Overwrites, and removes, files of keepgate's own that were changed by hand. */
  readonly force: boolean;
  /** The folder as messages name it. */
  readonly shown: string;
}

export type WriteResult =
  | { readonly ok: true; readonly changes: Changes }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Paths below the folder. */
export interface Changes {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
  /** Of those written or removed, what was changed by hand before. */
  readonly overwritten: readonly string[];
}

/**
 * Writes the files and links, removes those of sites that are gone, and leaves alone what is as it has to be. With any
 * refusal nothing is written, and all of them are told. A folder that others may write to is no place for this.
 * @throws KeepgateError manifest-damaged (1); out-not-usable (4) when the disk is full, the folder can't be written …
 */
export function writeFolder(folder: string, rendered: Listed, { force, shown }: WriteOptions): WriteResult {
  const found = survey(folder, rendered);
  const plan = planFolder(rendered, found);
  const diagnostics = refusals(plan, shown, force);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  for (const below of ['', ...new Set([...pathsOf(rendered, found.manifest)].map(folderOf))])
    attempt(join(folder, below), 'read', () => sweep(join(folder, below)));
  const text = manifestText(rendered.manifest);
  const current = found.manifest && manifestText(found.manifest) === text;
  if (!current || !isEmpty(plan)) carryOut(folder, rendered, found, plan);
  const changes = {
    written: [...plan.files, ...plan.links].map(({ path }) => path),
    removed: plan.remove,
    unchanged: plan.unchanged,
    overwritten: plan.conflicts.map(({ path }) => path),
  };
  return { ok: true, changes };
}

/**
 * First everything that needs room on the disk; then renames. The manifest goes first, with what was and what will be, and
 * last, with what is.
 */
function carryOut(folder: string, rendered: Listed, found: Found, plan: Plan): void {
  const made: string[] = [];
  const staging = new Staging();
  const final = new Staging();
  const manifest = join(folder, manifestName);
  const files = plan.files.map(({ path, text }) => ({ place: join(folder, path), text }));
  const links = plan.links.map(({ path, to }) => ({ place: join(folder, path), to }));
  try {
    for (const { place } of [{ place: manifest }, ...files, ...links])
      attempt(dirname(place), 'written', () => makeFolder(dirname(place), made));
    for (const { place, text } of files) attempt(place, 'written', () => staging.file(place, text));
    for (const { place, to } of links) attempt(place, 'written', () => staging.link(place, to));
    attempt(manifest, 'written', () => {
      staging.file(manifest, manifestText(transition(rendered, found)));
      final.file(manifest, manifestText(rendered.manifest));
      syncFolders(made.map((path) => dirname(path)));
    });
  } catch (error) {
    staging.discard();
    final.discard();
    for (const path of made.reverse()) rmdirSync(path);
    throw error;
  }
  try {
    attempt(folder, 'written', () => {
      staging.commit([manifest]);
      staging.commit(files.map(({ place }) => place));
      staging.commit(links.map(({ place }) => place));
    });
    const gone = plan.remove.map((path) => join(folder, path));
    for (const place of gone) attempt(place, 'removed', () => unlinkSync(place));
    attempt(folder, 'written', () => {
      syncFolders(gone.map((place) => dirname(place)));
      final.commit([manifest]);
    });
  } finally {
    staging.discard();
    final.discard();
  }
}

/** Makes a folder and those above it, and notes which are new, the outermost first. */
function makeFolder(path: string, made: string[]): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path), made);
  mkdirSync(path, 0o755);
  made.push(path);
}

function attempt(path: string, verb: Parameters<typeof notUsable>[2], act: () => void): void {
  try {
    act();
  } catch (error) {
    throw notUsable(path, error, verb);
  }
}
