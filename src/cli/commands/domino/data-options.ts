/** The options that the commands have in common which write into Domino's data folder. */
import { lstatSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { KeepgateError } from '../../../diagnostic.ts';
import { parseEnvironment } from '../../../domino/environment-file.ts';
import { closeFolder, type Folder, makeFolder, openFolder } from '../../../domino/folder.ts';
import { codeOf } from '../../../files/errno.ts';
import { whyNotRead } from '../../../files/regular-file.ts';
import { readSecretFile } from '../../../files/secret-file.ts';
import type { Io } from '../../io.ts';
import { UsageError } from '../../usage-error.ts';

export interface DataOptions {
  data?: string;
  out?: string;
  environmentFile?: string;
  dryRun: boolean;
  undo: boolean;
}

export const dataOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('data', {
      type: 'string',
      requiresArg: true,
      describe: "Domino's data folder, which has keepconfig.d and notes.ini in it",
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'work in this folder instead, for another machine; copies of its files may lie there already',
    })
    // Not --env-file: Node 20 takes that for its own, wherever it stands.
    .option('environment-file', {
      type: 'string',
      requiresArg: true,
      describe: 'the environment of the REST API, as lines NAME=value: it overrides all files',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'show what would change, and change nothing' })
    .option('undo', { type: 'boolean', default: false, describe: 'put back what was there before the last run' });

/** Holds the folder that is worked in open meanwhile. @throws KeepgateError domino-folder (1), domino-not-writable (4) */
export async function inDataFolder<T>(
  { data, out, dryRun, undo }: DataOptions,
  io: Io,
  act: (folder: Folder) => Promise<T>,
): Promise<T> {
  const shown = out ?? data;
  if (shown === undefined) throw new UsageError("name Domino's data folder with --data");
  const path = resolve(io.cwd, shown);
  const name = shown.replace(/(?<=.)\/+$/, '');
  if (out === undefined || undo) return inFolder(path, name, act);
  if (dryRun && isMissing(path)) return inEmptyFolder(name, act);
  if (!dryRun) makeFolder(path, name);
  return inFolder(path, name, act);
}

async function inFolder<T>(path: string, shown: string, act: (folder: Folder) => Promise<T>): Promise<T> {
  const folder = openFolder(path, shown);
  try {
    return await act(folder);
  } finally {
    closeFolder(folder);
  }
}

/** Stands for a folder that would be made. */
async function inEmptyFolder<T>(shown: string, act: (folder: Folder) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'keepgate-'));
  try {
    return await inFolder(path, shown, act);
  } finally {
    rmdirSync(path);
  }
}

function isMissing(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
}

/** Empty without a file. @throws KeepgateError domino-env-file (1) */
export function environmentOf(path: string | undefined, io: Io): Record<string, string> {
  if (path === undefined) return {};
  const file = readSecretFile(resolve(io.cwd, path));
  if (file.state === 'read') return parseEnvironment(file.bytes.toString('utf8'));
  throw new KeepgateError(1, {
    code: 'domino-env-file',
    message: `the environment file ${path} can't be read: ${whyNotRead(file)}`,
    help: 'Name a file of lines NAME=value, such as the EnvironmentFile of a systemd unit.',
  });
}
