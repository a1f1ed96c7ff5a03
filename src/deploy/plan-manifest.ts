/** The manifest as it lies on disk: the only word on which files of a folder are keepgate's. */

import type { SpecRecords } from '../model/claims.ts';
import { type Manifest, manifestName } from '../render/render.ts';
import { recordsProblem } from './parse-records.ts';

/** While files are being put in place it holds what was there and what will be, so that a crash makes no file a stranger. */
export interface WrittenManifest extends Manifest {
  readonly pending?: Pick<Manifest, 'files' | 'links'>;
}

export type ParsedManifest = { readonly manifest: WrittenManifest } | { readonly problem: string };

/** The site that a file or link is of; undefined for what all share. */
export function siteOf(path: string): string | undefined {
  return /\/keepgate_([\w.-]+)\.conf$/.exec(path)?.[1];
}

/** What keepgate writes; a manifest that claims anything else is not to be acted upon. */
const ownPath = /^(?:conf\.d|sites-available|sites-enabled)\/keepgate(?:_[\w.-]+)?\.conf$/;

/** Whether a path below the folder is one that keepgate writes at all. */
export function isOwnPath(path: string): boolean {
  return path === manifestName || ownPath.test(path);
}

/** Whether a link is one that keepgate makes: a site's, to its file. */
export function isOwnLink(path: string, to: string): boolean {
  const [folder, name] = path.split('/');
  return folder === 'sites-enabled' && ownPath.test(path) && to === `../sites-available/${name}`;
}

/** The same bytes in whatever order things came into it. */
export function manifestText({ files, links, specs, pending, ...header }: WrittenManifest): string {
  const manifest = {
    ...header,
    files: byName(files),
    links: byName(links),
    specs: ordered(specs),
    ...(pending && { pending }),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const byName = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** By name at every depth. */
function ordered(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return byName(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, ordered(each)])));
}

/**
 * Reads a manifest with the distrust that a file deserves which decides what is removed. Version 1, which 0.1.0 wrote, knows of no specs.
 */
export function parseManifest(text: string): ParsedManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  if (!isRecord(value)) return { problem: 'it is not an object' };
  const { version, target, guideline, pending, specs = {} } = value;
  if (version !== 1 && version !== 2)
    return { problem: 'it is not of version 1 or 2, the ones that this keepgate knows' };
  if (!isRecord(target) || typeof target.version !== 'string') return { problem: 'it names no target' };
  if (typeof guideline !== 'string') return { problem: 'it names no guideline' };
  const problem =
    listProblem(value) ?? (pending === undefined ? undefined : listProblem(pending)) ?? recordsProblem(specs);
  return problem === undefined
    ? { manifest: { ...(value as unknown as WrittenManifest), version: 2, specs: specs as SpecRecords } }
    : { problem };
}

function listProblem(value: unknown): string | undefined {
  const { files, links } = isRecord(value) ? value : {};
  if (!isRecord(files) || !isRecord(links)) return 'it lacks its list of files or of links';
  for (const [path, hash] of Object.entries(files)) {
    if (!ownPath.test(path)) return `it lists ${JSON.stringify(path)}, which keepgate never writes`;
    if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return `the hash of ${path} is not a SHA-256`;
  }
  for (const [path, to] of Object.entries(links)) {
    if (!ownPath.test(path)) return `it lists ${JSON.stringify(path)}, which keepgate never writes`;
    if (typeof to !== 'string') return `the target of ${path} is not text`;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
