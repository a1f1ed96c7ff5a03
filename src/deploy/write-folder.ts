/** Writes what was rendered below a folder, so that a crash at any point leaves each file old or new and never a stranger. */
import type { Diagnostic } from '../diagnostic.ts';
import type { HeldTree } from '../files/held-tree.ts';
import { FileFailure, NotPutBack, type Replaced, replaceAll } from '../files/replace-all.ts';
import { type Snapshot, snapshotOf } from '../files/snapshot.ts';
import { Staging } from '../files/staging.ts';
import type { Distrust } from '../files/trusted-folder.ts';
import { manifestName } from '../render/render.ts';
import { asFile, inWords, notPutBack, sweepFolders } from './install.ts';
import {
  type Conflict,
  type Found,
  isEmpty,
  type Plan,
  pathsOf,
  planFolder,
  refusals,
  transition,
  type Wanted,
} from './plan.ts';
import { manifestText, type WrittenManifest } from './plan-manifest.ts';
import { survey } from './survey.ts';

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
  | {
      readonly ok: true;
      readonly changes: Changes;
    }
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
 * refusal nothing is written, and all of them are told. The folder may be another user's: then nothing that is found there is believed, the
 * manifest neither, so what differs is overwritten by force alone, and nothing is removed.
 * @throws KeepgateError manifest-damaged (1); out-not-usable (4) when the disk is full, the folder can't be written …
 */
export function writeFolder(tree: HeldTree, rendered: Listed, { force, shown }: WriteOptions): WriteResult {
  const found = survey(tree, rendered);
  const plan = asBelieved(planFolder(rendered, found), found, tree.distrust);
  const diagnostics = refusals(plan, shown, force);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  inWords(tree, () => sweepFolders(tree, pathsOf(rendered, found.manifest)));
  const text = manifestText(rendered.manifest);
  const current = found.manifest && manifestText(found.manifest) === text;
  if (!current || !isEmpty(plan)) carryOut(tree, rendered, found, plan);
  const changes = {
    written: [...plan.files, ...plan.links].map(({ path }) => path),
    removed: plan.remove,
    unchanged: plan.unchanged,
    overwritten: plan.conflicts.map(({ path }) => path),
  };
  return { ok: true, changes };
}

/** Without a manifest nobody knows who changed a file of keepgate's name: it may have been keepgate. */
function asBelieved(plan: Plan, { entries }: Found, distrust: Distrust | undefined): Plan {
  if (distrust === undefined) return plan;
  const conflicts = plan.conflicts.map((conflict): Conflict => {
    const entry = entries.get(conflict.path);
    if (entry?.is !== 'file' || entry.stranger !== undefined) return conflict;
    const problem = `is not what the spec asks for, and ${distrust.folder} ${distrust.why}, so it can't be told who changed it`;
    return { path: conflict.path, kind: 'hand-edited', problem };
  });
  return { ...plan, conflicts };
}

/** The manifest goes first, with what was and what will be, and last, with what is. */
function carryOut(tree: HeldTree, rendered: Listed, found: Found, plan: Plan): void {
  const wanted: Snapshot = {
    files: Object.fromEntries([
      ...plan.files.map(({ path, text }) => [path, asFile(text)]),
      [manifestName, asFile(manifestText(rendered.manifest))],
    ]),
    links: Object.fromEntries(plan.links.map(({ path, to }) => [path, to])),
  };
  const paths = [...plan.files, ...plan.links].map(({ path }) => path).concat(plan.remove, manifestName);
  const first = new Staging();
  try {
    inWords(tree, () => {
      const manifest = tree.place(manifestName);
      first.file(manifest, manifestText(transition(rendered, found)));
      const before = snapshotOf(tree, paths);
      const begin = (): void => first.commit([manifest]);
      letGo(replaceAll(tree, { paths, wanted, before, last: manifestName, begin }));
    });
  } catch (error) {
    throw error instanceof NotPutBack ? notPutBack(error.first, error.second) : error;
  } finally {
    first.discard();
  }
}

/** All is in its place by now: the next run removes what stays. */
function letGo(replaced: Replaced): void {
  try {
    replaced.letGo();
  } catch (error) {
    if (!(error instanceof FileFailure)) throw error;
  }
}
