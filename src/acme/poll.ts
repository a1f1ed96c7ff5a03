import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions<T> {
  /** What was seen just now: it may be done already. */
  readonly seen?: T | undefined;
  /** How long it may take altogether, in milliseconds. */
  readonly timeLimit: number;
  readonly signal: AbortSignal;
}

const first = 250;
const longest = 8_000;

/**
 * Looks again and again until it is done: first after 250 ms, unless `seen` is, then ever later; what the CA says with Retry-After
 * (RFC 8555, section 7.5.1), in milliseconds as `retryAfter`, wins. Resolves to the last look, done or not.
 * @throws what `look` throws, and the signal's reason
 */
export async function poll<T extends { readonly retryAfter?: number | undefined }>(
  look: () => Promise<T>,
  done: (seen: T) => boolean,
  { seen: already, timeLimit, signal }: PollOptions<T>,
): Promise<T> {
  if (already !== undefined && done(already)) return already;
  const end = Date.now() + timeLimit;
  let pause = first;
  await sleep(pause, undefined, { signal });
  for (;;) {
    const seen = await look();
    if (done(seen)) return seen;
    pause = Math.min(pause * 1.6, longest);
    const wait = Math.max(seen.retryAfter ?? pause, first);
    if (Date.now() + wait > end) return seen;
    await sleep(wait, undefined, { signal });
  }
}
