/** The manifest as it lies on disk: the only word on which files of a folder are keepgate's. */
import { type Manifest, manifestName } from '../render/render.ts';

/** While files are being put in place it holds what was there and what will be, so that a crash makes no file a stranger. */
export interface WrittenManifest extends Manifest {
  readonly pending?: Pick<Manifest, 'files' | 'links'>;
}

export type ParsedManifest = { readonly manifest: WrittenManifest } | { readonly problem: string };

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

export function manifestText(manifest: WrittenManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Reads a manifest with the distrust that a file deserves which decides what is removed. */
export function parseManifest(text: string): ParsedManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  if (!isRecord(value)) return { problem: 'it is not an object' };
  if (value.version !== 1) return { problem: 'it is not of version 1, the only one that this keepgate knows' };
  const { target, guideline, pending } = value;
  if (!isRecord(target) || typeof target.version !== 'string') return { problem: 'it names no target' };
  if (typeof guideline !== 'string') return { problem: 'it names no guideline' };
  const problem = listProblem(value) ?? (pending === undefined ? undefined : listProblem(pending));
  return problem === undefined ? { manifest: value as unknown as WrittenManifest } : { problem };
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
