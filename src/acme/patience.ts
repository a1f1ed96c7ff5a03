import { setTimeout as delay } from 'node:timers/promises';
import { AcmeProblem } from './problem.ts';
import { TransportFailure } from './transport-failure.ts';

/** Milliseconds that a CA may have us wait; for longer, the program ends and says when to come back. */
export const longestWait = 60_000;

/** How often one request is repeated: a busy CA is not helped by more. */
const mostRetries = 3;

/**
 * Repeats a request that the CA has no time for (429 or 503) when the CA says that it will have within a minute
 * (RFC 8555, section 6.6), up to three times. Without a Retry-After it isn't repeated.
 */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await work();
    } catch (error) {
      if (retries === mostRetries || !(error instanceof AcmeProblem)) throw error;
      const { status, retryAfter, url } = error;
      if ((status !== 429 && status !== 503) || retryAfter === undefined || retryAfter > longestWait) throw error;
      await pause(retryAfter, url, signal);
    }
  }
}

async function pause(milliseconds: number, url: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, { ...(signal && { signal }) });
  } catch {
    throw new TransportFailure('aborted', url, 'stopped while waiting for the CA');
  }
}
