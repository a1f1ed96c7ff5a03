import { constants } from 'node:os';
import process from 'node:process';

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Runs work that has to clean up when it is interrupted: the first signal aborts, a second one ends the process at once. Resolves
 * to the work's exit code, or 128 and the signal's number.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let received: (typeof signals)[number] | undefined;
  const abort = (signal: NodeJS.Signals) => {
    if (received) process.exit(128 + constants.signals[signal]);
    received = signal as (typeof signals)[number];
    controller.abort(new Error(`interrupted by ${signal}`));
  };
  for (const signal of signals) process.on(signal, abort);
  try {
    const code = await work(controller.signal);
    return received ? 128 + constants.signals[received] : code;
  } catch (error) {
    if (received) return 128 + constants.signals[received];
    throw error;
  } finally {
    for (const signal of signals) process.removeListener(signal, abort);
  }
}
