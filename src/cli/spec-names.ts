/** What the specs of a command line are called on the machine that they are installed on. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { isGivenName, isSpecName } from '../deploy/spec-name.ts';
import { KeepgateError } from '../diagnostic.ts';
import { printable } from '../nginx/printable.ts';
import { word } from '../shell-word.ts';
import type { Io } from './io.ts';
import { defaultName, type SpecFile } from './spec-files.ts';
import { UsageError } from './usage-error.ts';

export interface NameOptions {
  as?: string | undefined;
}

export const nameOption = <T>(yargs: Argv<T>) =>
  yargs.option('as', {
    type: 'string',
    requiresArg: true,
    describe: 'what this spec is called here, in place of its path: for - and for checkouts of CI',
  });

/**
 * The name of each file's spec. Each operand is a spec of its own, a folder with all of its files.
 * @throws UsageError; KeepgateError spec-name (1)
 */
export function namesOf(sources: readonly SpecFile[], as: string | undefined): string[] {
  checkGiven(as);
  return sources.map(({ origin }) => as ?? nameOf(origin));
}

/**
 * The names that operands stand for when nothing is read: those that are known as they are written, and paths; keepgate.yaml of the working
 * folder where it is there.
 */
export function namesOfOperands(
  operands: readonly string[],
  as: string | undefined,
  known: readonly string[],
  io: Io,
): string[] {
  checkGiven(as);
  if (as !== undefined) return [as];
  if (operands.length > 0) return operands.map((word) => (known.includes(word) ? word : nameOfOperand(word, io)));
  return isThere(defaultName, io) ? [nameOf(realpathSync(resolve(io.cwd, defaultName)))] : [];
}

/** A spec that is gone can be named too. */
function nameOfOperand(path: string, io: Io): string {
  const absolute = resolve(io.cwd, path);
  return nameOf(path === '-' ? undefined : isThere(path, io) ? realpathSync(absolute) : absolute);
}

const isThere = (path: string, { cwd }: Io): boolean => path !== '-' && existsSync(resolve(cwd, path));

function checkGiven(as: string | undefined): void {
  if (as !== undefined && !isGivenName(as))
    throw new UsageError('--as takes a name of letters, digits, ".", "_" and "-" that begins with a letter or a digit');
}

function nameOf(origin: string | undefined): string {
  if (origin === undefined)
    throw new UsageError('a spec from standard input needs a name, by which its sites are known next time: --as NAME');
  if (isSpecName(origin)) return origin;
  throw new KeepgateError(1, {
    code: 'spec-name',
    message: `the path ${printable(origin)} holds characters that can't be shown, so its sites could not be told by it`,
    help: 'Name the spec: --as NAME',
  });
}

/** What names the same specs on another command line. */
export function operandsFor({ spec = [], as }: NameOptions & { readonly spec?: readonly string[] }): string[] {
  return as === undefined ? spec.map(word) : [`--as ${as}`];
}

export const operandsForName = (name: string): string[] => [name.startsWith('/') ? word(name) : `--as ${name}`];
