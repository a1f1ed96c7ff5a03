import { KeepgateError } from '../diagnostic.ts';
import { failureWords } from './failure-words.ts';
import { AcmeProblem } from './problem.ts';
import { problemWords } from './problem-words.ts';
import { TransportFailure } from './transport-failure.ts';

/**
 * What went wrong with a CA, as the program reports it: exit code 5 with `retryAt` when the CA has no time for us, else 4.
 * A KeepgateError stays what it is.
 * @param doing completes "could not", such as `order a certificate for api.example.com`
 * @throws what is none of ours: that is a bug
 */
export function toKeepgateError(error: unknown, doing: string): KeepgateError {
  if (error instanceof KeepgateError) return error;
  if (error instanceof TransportFailure) {
    const { code, what, help } = failureWords(error);
    return new KeepgateError(4, { code, message: `could not ${doing}: ${what}`, help });
  }
  if (!(error instanceof AcmeProblem)) throw error;
  const { code, what, help } = problemWords(error);
  const { status, type, retryAfter, receivedAt } = error;
  const busy = type === 'rateLimited' || status === 429 || (status === 503 && retryAfter !== undefined);
  const retryAt =
    busy &&
    retryAfter !== undefined &&
    new Date(receivedAt.getTime() + retryAfter).toISOString().replace(/\.\d+Z$/, 'Z');
  return new KeepgateError(busy ? 5 : 4, {
    code,
    message: `could not ${doing}: ${what}`,
    help: retryAt ? `Not before ${retryAt}. ${help}` : help,
    ...(retryAt && { retryAt }),
  });
}
