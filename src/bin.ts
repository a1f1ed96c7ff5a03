/** The program: this process's streams in, its exit code out. */
import { constants } from 'node:os';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { main } from './cli/program.ts';

// Optimizing the code takes longer than that ever saves so short a run: a third of what 1,000 sites cost.
setFlagsFromString('--no-opt');

// Whoever reads our output may have seen enough, such as `head`: that is no failure of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

// A signal's own way would leave the temporary folder and what runs in it. Whoever has something to clean up listens for
// the end; without that the signal keeps its own way, since a handler waits until all that is computed at once is done.
const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
const end = (signal: (typeof signals)[number]): void => {
  // Who listens besides (see interrupt.ts) puts an end to it in good order.
  if (process.listenerCount(signal) === 0) process.exit(128 + constants.signals[signal]);
};
process.on('newListener', (event) => {
  if (event === 'exit' && process.listenerCount('exit') === 0) for (const signal of signals) process.once(signal, end);
});
process.on('removeListener', (event) => {
  if (event !== 'exit' || process.listenerCount('exit') > 0) return;
  for (const signal of signals) process.removeListener(signal, end);
});

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  now: () => new Date(),
});
