import { timestamp } from '../certs/time-in-words.ts';
import { KeepgateError } from '../diagnostic.ts';
import { failureWords } from './failure-words.ts';
import { AcmeProblem } from './problem.ts';
import { problemWords } from './problem-words.ts';
import { TransportFailure } from './transport-failure.ts';

/** Milliseconds to wait for a CA that allows no more and says nothing of a time. */
const unsaid = 60_000;

/**
 * What went wrong with a CA, as the program reports it: exit code 5 with `retryAt` when the CA has no time for us, else 4.
 * A KeepgateError stays what it is.
 * @param doing completes "could not", such as `order a certificate for api.example.com`
 * @param ownPause until when to wait for a CA that does not say it; a minute unless given
 * @throws what is none of ours: that is a bug
 */
export function toKeepgateError(error: unknown, doing: string, ownPause?: Date): KeepgateError {
  if (error instanceof KeepgateError) return error;
  if (error instanceof TransportFailure) {
    const { code, what, help } = failureWords(error);
    return new KeepgateError(4, { code, message: `could not ${doing}: ${what}`, help });
  }
  if (!(error instanceof AcmeProblem)) throw error;
  const { code, what, help } = problemWords(error);
  const message = `could not ${doing}: ${what}`;
  if (!isBusy(error)) return new KeepgateError(4, { code, message, help });
  const { retryAfter, receivedAt } = error;
  const own = ownPause?.getTime() ?? receivedAt.getTime() + unsaid;
  const until = retryAfter === undefined ? own : receivedAt.getTime() + retryAfter;
  const retryAt = timestamp(new Date(until + 999));
  const who = retryAfter === undefined ? 'The CA does not say for how long; not' : 'Not';
  return new KeepgateError(5, { code, message, help: `${who} before ${retryAt}. ${help}`, retryAt });
}

/** A CA that fails with 503 and says for how long is as one that allows no more. */
const isBusy = ({ type, status, retryAfter }: AcmeProblem): boolean =>
  type === 'rateLimited' || status === 429 || (status === 503 && retryAfter !== undefined);
