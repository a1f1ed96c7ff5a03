import type { Argv } from 'yargs';
import type { Io } from './io.ts';

/** What a file of commands/ exports as `command`. */
export interface Command<Options = never> {
  /** Options whose value may be left out, and then is '': with one, they are written `--name=VALUE`. */
  readonly valueAfterEquals?: readonly string[];
  readonly options: (yargs: Argv) => Argv<Options>;
  /** Resolves to the exit code. @throws KeepgateError for what nobody can go on from */
  readonly run: (options: Options, io: Io) => Promise<number>;
}
