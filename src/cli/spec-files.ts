/** The spec files that a command line names, read. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { forbiddenCharacter } from '../spec/characters.ts';
import type { SpecSource } from '../spec/document.ts';
import type { Io } from './io.ts';

export const defaultName = 'keepgate.yaml';

export interface SpecFile extends SpecSource {
  /** The real path of the file or folder that was named; undefined for standard input. */
  readonly origin: string | undefined;
}

/**
 * Reads specs: files, folders (every *.yaml in them), `-` for standard input; keepgate.yaml when nothing is named. What is
 * named twice is read once.
 * @throws KeepgateError spec-not-readable, spec-file-ignored (1)
 */
export async function readSpecFiles(paths: readonly string[], io: Io): Promise<SpecFile[]> {
  const sources = new Map<string, SpecFile>();
  for (const path of paths.length > 0 ? paths : [defaultName]) {
    if (path === '-') {
      if (!sources.has(path)) sources.set(path, { file: '<stdin>', bytes: await readAll(io.stdin), origin: undefined });
      continue;
    }
    const names = filesOf(path, io.cwd);
    const origin = realpathSync(resolve(io.cwd, path));
    for (const name of names) {
      const file = shownPath(name, io.cwd);
      const absolute = resolve(io.cwd, name);
      if (!sources.has(absolute)) sources.set(absolute, { file, bytes: readFile(absolute, file), origin });
    }
  }
  return [...sources.values()];
}

function filesOf(path: string, cwd: string): string[] {
  const folder = resolve(cwd, path);
  try {
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) {
      const help = path === defaultName ? 'Write one with: keepgate init' : undefined;
      throw notReadable(path, 'there is no such file', help);
    }
    if (!stats.isDirectory()) return [path];
    const visible = readdirSync(folder).filter((name) => !name.startsWith('.'));
    const ignored = visible.find((name) => name.endsWith('.yml'));
    if (ignored !== undefined) throw wouldBeIgnored(join(path, ignored));
    const names = visible.filter((name) => name.endsWith('.yaml'));
    if (names.length > 0) return names.sort().map((name) => join(path, name));
  } catch (error) {
    throw error instanceof KeepgateError ? error : notReadable(path, reasonOf(error));
  }
  const help = existsSync(join(folder, 'nginx.conf'))
    ? `This is a configuration of nginx. To check with it: keepgate check --live=${path}`
    : undefined;
  throw notReadable(path, 'no file in this folder ends in .yaml', help);
}

/**
 * Relative to the working folder where it lies below it, so that the same repository gives the same bytes everywhere. It
 * stands in the first comment of what is rendered: on one line.
 */
function shownPath(file: string, cwd: string): string {
  const below = relative(cwd, resolve(cwd, file));
  const shown = below === '..' || below.startsWith('../') ? file : below;
  return [...shown].map((character) => (forbiddenCharacter(character) === undefined ? character : '\ufffd')).join('');
}

function readFile(path: string, shown: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    // a FIFO without a writer would keep us waiting here
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw notReadable(shown, 'it is not a regular file', 'For standard input write: -');
    // the loader refuses what is larger, so no more than that has to be read
    return stats.size > 1_000_001 ? new Uint8Array(1_000_001) : readFileSync(descriptor);
  } catch (error) {
    throw error instanceof KeepgateError ? error : notReadable(shown, reasonOf(error));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOTDIR') return 'there is no such file';
  return { EACCES: 'this user may not read it', ELOOP: 'it is a symbolic link to itself' }[code] ?? code;
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > 1_000_000) break;
  }
  return Buffer.concat(chunks);
}

function wouldBeIgnored(path: string): KeepgateError {
  return new KeepgateError(1, {
    code: 'spec-file-ignored',
    message: `${path} would be passed over: of a folder the files are read that end in .yaml`,
    help: 'Rename it to .yaml; or name the files themselves, not the folder.',
  });
}

function notReadable(path: string, reason: string, help?: string): KeepgateError {
  return new KeepgateError(1, {
    code: 'spec-not-readable',
    message: `${path} can't be read: ${reason}`,
    ...(help && { help }),
  });
}
