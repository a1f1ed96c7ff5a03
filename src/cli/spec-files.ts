/** The spec files that a command line names, read. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import type { SpecSource } from '../spec/document.ts';
import type { Io } from './io.ts';

const defaultName = 'keepgate.yaml';

/**
 * Reads specs: files, folders (every *.yaml in them), `-` for standard input; keepgate.yaml when nothing is named.
 * @throws KeepgateError when one can't be read
 */
export async function readSpecFiles(paths: readonly string[], io: Io): Promise<SpecSource[]> {
  const sources: SpecSource[] = [];
  for (const path of paths.length > 0 ? paths : [defaultName]) {
    if (path === '-') sources.push({ file: '<stdin>', bytes: await readAll(io.stdin) });
    else
      sources.push(
        ...filesOf(path, io.cwd).map((file) => ({
          file: shownPath(file, io.cwd),
          bytes: readFile(resolve(io.cwd, file)),
        })),
      );
  }
  const seen = new Set<string>();
  return sources.filter(({ file }) => file === '<stdin>' || (!seen.has(file) && seen.add(file)));
}

function filesOf(path: string, cwd: string): string[] {
  const stats = statSync(resolve(cwd, path), { throwIfNoEntry: false });
  if (stats === undefined) {
    const help = path === defaultName ? 'Write one with: keepgate init' : undefined;
    throw notReadable(path, 'there is no such file', help);
  }
  if (!stats.isDirectory()) return [path];
  const names = readdirSync(resolve(cwd, path)).filter((name) => name.endsWith('.yaml') && !name.startsWith('.'));
  if (names.length === 0) throw notReadable(path, 'no file in this folder ends in .yaml');
  return names.sort().map((name) => join(path, name));
}

/** Relative to the working folder where it lies below it, so that the same repository gives the same bytes everywhere. */
function shownPath(file: string, cwd: string): string {
  const below = relative(cwd, resolve(cwd, file));
  return below.startsWith('..') ? file : below;
}

function readFile(path: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw notReadable(path, 'it is not a regular file');
    // the loader refuses what is larger, so no more than that has to be read
    return stats.size > 1_000_001 ? new Uint8Array(1_000_001) : readFileSync(descriptor);
  } catch (error) {
    if (error instanceof KeepgateError) throw error;
    throw notReadable(path, error instanceof Error && 'code' in error ? String(error.code) : 'it can not be read');
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
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

function notReadable(path: string, reason: string, help?: string): KeepgateError {
  return new KeepgateError(1, {
    code: 'spec-not-readable',
    message: `${path} can't be read: ${reason}`,
    ...(help && { help }),
  });
}
