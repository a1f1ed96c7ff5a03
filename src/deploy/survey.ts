/** Looks at a folder before anything is written there. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { reasonOf } from '../files/errno.ts';
import { othersMayWrite } from '../files/others-may-write.ts';
import { manifestName } from '../render/render.ts';
import { type Entry, type Found, folderOf, pathsOf, type Wanted } from './plan.ts';
import { parseManifest, type WrittenManifest } from './plan-manifest.ts';

/**
 * What is at every path that matters to what is wanted and to the manifest. Symbolic links are not followed, the
 * folder itself apart, and nothing but regular files is opened.
 * @throws KeepgateError manifest-damaged (1); out-not-usable (4)
 */
export function survey(folder: string, wanted: Pick<Wanted, 'manifest'>): Found {
  const entries = new Map<string, Entry>();
  const manifest = readManifest(folder);
  const paths = pathsOf(wanted, manifest);
  for (const below of new Set([...paths].map(folderOf))) note(entries, folder, below);
  for (const path of paths) if (entries.get(folderOf(path))?.is === 'folder') note(entries, folder, path);
  return { manifest, entries };
}

function note(entries: Map<string, Entry>, folder: string, path: string): void {
  const seen = look(join(folder, path));
  if (seen === undefined) return;
  if (!('bytes' in seen)) entries.set(path, seen);
  else {
    const sha256 = createHash('sha256').update(seen.bytes).digest('hex');
    const stranger = seen.uid !== 0 && seen.uid !== process.geteuid?.();
    const open = othersMayWrite(seen);
    entries.set(path, { is: 'file', sha256, ...(stranger && { stranger: seen.uid }), ...(open && { open }) });
  }
}

interface Read {
  readonly bytes: Buffer;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

function look(path: string): Exclude<Entry, { is: 'file' }> | Read | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) return { is: 'folder' };
    if (stats.isSymbolicLink()) return { is: 'link', to: readlinkSync(path) };
    return stats.isFile() ? read(path) : { is: 'special' };
  } catch (error) {
    throw notUsable(path, error, 'read');
  }
}

function read(path: string): { is: 'special' } | Read {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    const { uid, gid, mode } = stats;
    return stats.isFile() ? { bytes: readFileSync(descriptor), uid, gid, mode } : { is: 'special' };
  } finally {
    closeSync(descriptor);
  }
}

/** @throws KeepgateError manifest-damaged (1); out-not-usable (4) */
export function readManifest(folder: string): WrittenManifest | undefined {
  const path = join(folder, manifestName);
  const seen = look(path);
  if (seen === undefined) return undefined;
  const parsed = 'bytes' in seen ? parseManifest(seen.bytes.toString('utf8')) : { problem: 'it is not a regular file' };
  if ('manifest' in parsed) return parsed.manifest;
  throw new KeepgateError(1, {
    code: 'manifest-damaged',
    message: `${path} can't be trusted: ${parsed.problem}; nothing was written`,
    help:
      'It tells which files are keepgate’s. Bring it back from version control or a backup, or remove it together ' +
      'with the keepgate files beside it, or write to another folder: --out DIR',
  });
}

/** A failure of the file system, in words. @returns a KeepgateError out-not-usable (4); anything else as it is */
export function notUsable(path: string, error: unknown, verb: 'read' | 'written' | 'removed'): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const code = String(error.code);
  const reason = reasonOf(code);
  return new KeepgateError(4, {
    code: 'out-not-usable',
    message: `${path} can't be ${verb}: ${reason}`,
    ...(code === 'EACCES' && {
      help: 'Write to a folder of your own with --out DIR; the commands it ends with install the files.',
    }),
  });
}
