/** From the model to files as data. The same model and templates give the same bytes. */
import { createHash } from 'node:crypto';
import type { SpecRecords } from '../model/claims.ts';
import type { Model, Shared, Site } from '../model/site.ts';
import type { Target } from '../model/target.ts';
import { guideline } from '../model/tls-profiles.ts';
import { type CompiledTemplates, engine } from './engine.ts';
import { templates as shipped } from './templates.gen.js';

/** A file below nginx's configuration folder. */
export interface RenderedFile {
  /** Relative, with slashes: `sites-available/keepgate_api.conf`. */
  readonly path: string;
  readonly text: string;
  /** The site that it is for; undefined for the shared file. */
  readonly site: string | undefined;
}

/** A symbolic link below nginx's configuration folder. */
export interface RenderedLink {
  readonly path: string;
  readonly to: string;
}

export interface Rendered {
  readonly files: readonly RenderedFile[];
  readonly links: readonly RenderedLink[];
  /** Made when it is first asked for: hashing costs as much as rendering. */
  readonly manifest: Manifest;
}

/** What was written, so that the next run can tell its own files from others. No date: the same input, the same bytes. */
export interface Manifest {
  readonly version: 2;
  readonly target: Target;
  readonly guideline: string;
  /** Path → SHA-256 of its bytes, in hex. */
  readonly files: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  /** What is remembered of each spec that was installed; nothing of files that were only rendered. */
  readonly specs: SpecRecords;
}

export const manifestName = 'keepgate.manifest.json';

/** The shared file is read before the sites' in either layout: `.` sorts before `_`. */
export const sharedPath = 'conf.d/keepgate.conf';

const sharedTemplate = 'shared.conf.hbs';

/** The shared file alone: for sites whose own files are there already. */
export function renderShared(shared: Shared): string {
  return engine(shipped)(sharedTemplate, shared);
}

/** Renders all files of a model. @throws TypeError when a (user's own) template uses what a view lacks */
export function render(model: Model, target: Target, templates: CompiledTemplates = shipped): Rendered {
  const run = engine(templates);
  const files: RenderedFile[] = [{ path: sharedPath, text: run(sharedTemplate, model.shared), site: undefined }];
  const links: RenderedLink[] = [];
  for (const site of model.sites) {
    const name = fileName(site);
    if (model.layout === 'debian') links.push({ path: `sites-enabled/${name}`, to: `../sites-available/${name}` });
    const folder = model.layout === 'debian' ? 'sites-available' : 'conf.d';
    files.push({ path: `${folder}/${name}`, text: run('site.conf.hbs', site), site: site.name });
  }
  let manifest: Manifest | undefined;
  return {
    files,
    links,
    get manifest() {
      manifest ??= manifestOf(files, links, target);
      return manifest;
    },
  };
}

function fileName(site: Site): string {
  return `keepgate_${site.name}.conf`;
}

function manifestOf(files: readonly RenderedFile[], links: readonly RenderedLink[], target: Target): Manifest {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return {
    version: 2,
    target,
    guideline,
    files: Object.fromEntries(files.map(({ path, text }) => [path, hash(text)])),
    links: Object.fromEntries(links.map(({ path, to }) => [path, to])),
    specs: {},
  };
}
