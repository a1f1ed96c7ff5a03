/** The program in the tests' own process: with a clock that can be moved. */
import { main } from '../src/cli/program.ts';
import type { Run } from './run-keepgate.ts';

export interface InProcessOptions {
  readonly now: () => Date;
  readonly cwd: string;
}

/** Runs a command to its end, with empty standard input and no environment. */
export async function keepgateAt(argv: readonly string[], { now, cwd }: InProcessOptions): Promise<Run> {
  const { Readable } = await import('node:stream');
  let stdout = '';
  let stderr = '';
  const exitCode = await main(argv, {
    stdin: Readable.from([]),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    cwd,
    now,
  });
  return { exitCode, stdout, stderr };
}
