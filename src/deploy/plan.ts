/** What has to change in a folder so that it holds what was rendered: decided from what was found there, before a byte moves. */
import type { Diagnostic } from '../diagnostic.ts';
import { type Manifest, manifestName, type RenderedLink } from '../render/render.ts';
import type { WrittenManifest } from './plan-manifest.ts';

/** What a folder has to hold: what was rendered, or a state that it had before. */
export interface Wanted {
  readonly files: readonly { readonly path: string; readonly text: string | Uint8Array }[];
  readonly links: readonly RenderedLink[];
  /** The hashes of the files, and the links. */
  readonly manifest: Pick<Manifest, 'files' | 'links'>;
  /** Paths that belong to other specs: they stay as they are, whatever that is. */
  readonly kept?: ReadonlySet<string>;
}

/**
 * What is at a path; symbolic links are never followed. `stranger`: the user it belongs to, neither root nor this one. `open`: others
 * than its owner may write to it.
 */
export type Entry =
  | { readonly is: 'file'; readonly sha256: string; readonly stranger?: number; readonly open?: boolean }
  | { readonly is: 'link'; readonly to: string }
  | { readonly is: 'folder' }
  | { readonly is: 'special' };

export interface Found {
  readonly manifest: WrittenManifest | undefined;
  /** By path below the folder, the folders' own included; what is missing is not in it. */
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Plan {
  readonly files: Wanted['files'];
  readonly links: readonly RenderedLink[];
  /** What keepgate wrote for sites that are gone: links first, so that none ever dangles. */
  readonly remove: readonly string[];
  /** How many files and links are as they have to be. */
  readonly unchanged: number;
  readonly conflicts: readonly Conflict[];
}

/** Something that a person put there. */
export interface Conflict {
  readonly path: string;
  /** hand-edited: ours by the manifest, and changed since. foreign: not ours; never touched. */
  readonly kind: 'foreign' | 'hand-edited';
  readonly problem: string;
}

/** Every path that a plan asks about. */
export function pathsOf(wanted: Pick<Wanted, 'manifest'>, manifest: WrittenManifest | undefined): Set<string> {
  const lists = [wanted.manifest, manifest, manifest?.pending];
  return new Set(lists.flatMap((list) => [...Object.keys(list?.files ?? {}), ...Object.keys(list?.links ?? {})]));
}

/** The folder of a path below the root; all files lie exactly one deep. */
export function folderOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

/**
 * Decides for each path. What is there already in the right form is adopted, whoever wrote it: nothing is lost by that. Not so where
 * somebody else could change it afterwards.
 */
export function planFolder(wanted: Wanted, { manifest, entries }: Found): Plan {
  const conflicts: Conflict[] = [];
  const mine = new Ownership(manifest);
  const differs = (path: string, there: Entry): boolean => {
    const entry = entries.get(path);
    if (entry === undefined) {
      if (there.is === 'link' && entries.has(folderOf(path)) && mine.made(path))
        conflicts.push({ path, kind: 'hand-edited', problem: 'was removed by hand since keepgate made it' });
      return true;
    }
    if (same(entry, there) && strangerOf(entry) === undefined) return entry.is === 'file' && entry.open === true;
    if (!mine.wrote(path, entry) || strangerOf(entry) !== undefined)
      conflicts.push(conflictAt(path, entry, mine.has(path)));
    return true;
  };
  const { files: hashes } = wanted.manifest;
  const files = wanted.files.filter(({ path }) => differs(path, { is: 'file', sha256: hashes[path] ?? '' }));
  const links = wanted.links.filter(({ path, to }) => differs(path, { is: 'link', to }));
  for (const folder of new Set([...files, ...links].map(({ path }) => folderOf(path)))) {
    const entry = entries.get(folder);
    if (entry !== undefined && entry.is !== 'folder')
      conflicts.push({ path: folder, kind: 'foreign', problem: `is ${kindOf(entry)}, and a folder belongs there` });
  }

  const kept = pathsOf(wanted, undefined);
  const stays = (path: string): boolean => kept.has(path) || wanted.kept?.has(path) === true;
  const gone = [...pathsOf(wanted, manifest)].filter((path) => !stays(path)).sort();
  const remove = gone.filter((path) => {
    const entry = entries.get(path);
    if (entry === undefined || entry.is === 'folder' || entry.is === 'special') return false;
    if (strangerOf(entry) !== undefined) conflicts.push(conflictAt(path, entry, true));
    else if (!mine.wrote(path, entry))
      conflicts.push({ path, kind: 'hand-edited', problem: 'was changed by hand, and its site is gone' });
    return true;
  });
  remove.sort((a, b) => Number(entries.get(b)?.is === 'link') - Number(entries.get(a)?.is === 'link'));
  const unchanged = wanted.files.length + wanted.links.length - files.length - links.length;
  return { files, links, remove, unchanged, conflicts };
}

/** Whether there is nothing to do. */
export function isEmpty({ files, links, remove }: Plan): boolean {
  return files.length + links.length + remove.length === 0;
}

/** Where in the spec a path comes from; undefined for what no site alone asks for. */
export type Origin = (path: string) => Diagnostic['related'];

/** The conflicts that forbid the whole plan, each with its way out. `folder` is as the user named it. */
export function refusals({ conflicts }: Plan, folder: string, force: boolean, origin?: Origin): Diagnostic[] {
  return conflicts
    .filter(({ kind }) => !(force && kind === 'hand-edited'))
    .map(({ path, kind, problem }): Diagnostic => {
      const related = origin?.(path);
      return {
        code: kind === 'foreign' ? 'foreign-file' : 'hand-edited',
        severity: 'error',
        message: `${folder}/${path} ${problem}; nothing was written`,
        help:
          kind === 'foreign'
            ? 'keepgate overwrites only what its manifest lists. Move it away, or write to another folder: --out DIR'
            : 'Put the change into the spec, or into a template of your own (--templates), then overwrite it: --force',
        ...(related && { related }),
      };
    });
}

/** The manifest that stands while files are put in place: what is there now, and what will be. */
export function transition(
  { manifest: next }: { readonly manifest: WrittenManifest },
  { manifest, entries }: Found,
): WrittenManifest {
  const mine = new Ownership(manifest);
  const now = (kind: 'files' | 'links', value: (entry: Entry) => string | undefined): Record<string, string> => {
    const listed = Object.entries({ ...manifest?.pending?.[kind], ...manifest?.[kind] });
    const there = listed.map(([path, was]) => {
      const entry = entries.get(path);
      return [path, (entry && mine.wrote(path, entry) ? value(entry) : undefined) ?? was];
    });
    return Object.fromEntries(there);
  };
  const { pending: _, ...header }: WrittenManifest = manifest ?? next;
  return {
    ...header,
    files: now('files', (entry) => (entry.is === 'file' ? entry.sha256 : undefined)),
    links: now('links', (entry) => (entry.is === 'link' ? entry.to : undefined)),
    pending: { files: next.files, links: next.links },
  };
}

class Ownership {
  readonly #lists: readonly Pick<WrittenManifest, 'files' | 'links'>[];

  constructor(manifest: WrittenManifest | undefined) {
    this.#lists = [manifest, manifest?.pending].filter((list) => list !== undefined);
  }

  has(path: string): boolean {
    return this.#lists.some(({ files, links }) => Object.hasOwn(files, path) || Object.hasOwn(links, path));
  }

  /** A link that stood there at the end of the last run; one that was cut off may not have made it, or have removed it. */
  made(path: string): boolean {
    const [whole, pending] = this.#lists;
    return whole !== undefined && pending === undefined && Object.hasOwn(whole.links, path);
  }

  wrote(path: string, entry: Entry): boolean {
    return this.#lists.some(({ files, links }) => {
      if (entry.is === 'file') return files[path] === entry.sha256;
      return entry.is === 'link' && links[path] === entry.to;
    });
  }
}

function same(a: Entry, b: Entry): boolean {
  if (a.is === 'file') return b.is === 'file' && a.sha256 === b.sha256;
  return a.is === 'link' && b.is === 'link' && a.to === b.to;
}

function conflictAt(path: string, entry: Entry, owned: boolean): Conflict {
  if (entry.is === 'folder' || entry.is === 'special')
    return { path, kind: 'foreign', problem: `is ${kindOf(entry)}, and a file of keepgate's belongs there` };
  const stranger = strangerOf(entry);
  if (stranger !== undefined)
    return {
      path,
      kind: 'foreign',
      problem: `belongs to user ${stranger}, who is neither root nor the one who runs keepgate`,
    };
  if (owned) return { path, kind: 'hand-edited', problem: 'was changed by hand since keepgate wrote it' };
  return { path, kind: 'foreign', problem: `is ${kindOf(entry)} that is not in ${manifestName}` };
}

function strangerOf(entry: Entry): number | undefined {
  return entry.is === 'file' ? entry.stranger : undefined;
}

function kindOf({ is }: Entry): string {
  if (is === 'special') return 'a device, a socket or a FIFO';
  return is === 'link' ? 'a symbolic link' : `a ${is}`;
}
