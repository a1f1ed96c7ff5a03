import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
  /** How long it may take altogether, in milliseconds. */
  readonly timeLimit: number;
  readonly signal: AbortSignal;
}

const first = 100;
const longest = 8_000;

/**
 * Looks again and again until it is done, each time after twice as long: what takes a CA 3 s is seen with the fifth look. What
 * the CA says with Retry-After (RFC 8555, section 7.5.1), in milliseconds as `retryAfter`, wins. `seen` is what an answer
 * has shown already, where there is one. Resolves to the last look, done or not.
 * @throws what `look` throws, and the signal's reason
 */
export async function poll<T extends { readonly retryAfter?: number | undefined }>(
  look: () => Promise<T>,
  done: (seen: T) => boolean,
  { timeLimit, signal }: PollOptions,
  seen?: T,
): Promise<T> {
  const end = Date.now() + timeLimit;
  let last = seen ?? (await look());
  for (let pause = first; !done(last); pause = Math.min(pause * 2, longest)) {
    const wait = Math.max(last.retryAfter ?? pause, first);
    if (Date.now() + wait > end) break;
    await sleep(wait, undefined, { signal });
    last = await look();
  }
  return last;
}
