import { resolve } from 'node:path';
import { execa } from 'execa';

export interface Run {
  /** undefined when a signal ended it, the time limit's included. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Laid over the environment of the tests; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads on standard input; without it, standard input is empty. */
  readonly input?: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

const program = resolve(import.meta.dirname, '../dist/bin.js');

/** Runs the built program as a real process, to its end; never rejects. Its coverage is counted (see coverage/). */
export async function runKeepgate(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { input = '', timeout = 100_000, env, cwd = process.cwd() } = options;
  const result = await execa(process.execPath, [program, ...args], {
    cwd,
    input,
    timeout,
    env: { FORCE_COLOR: undefined, NO_COLOR: undefined, NODE_V8_COVERAGE: process.env.KEEPGATE_TEST_COVERAGE, ...env },
    reject: false,
    stripFinalNewline: false,
  });
  const { exitCode, stdout, stderr } = result;
  return { exitCode, stdout, stderr };
}
