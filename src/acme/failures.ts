/** What an issuance can end in, in the words of the person who reads it. */
import { KeepgateError } from '../diagnostic.ts';
import type { FailedAuthorization } from './authorize.ts';
import { dnsProofHelp } from './dns-proof-words.ts';
import { problemWords } from './problem-words.ts';
import type { Order } from './session.ts';

/** The CA did not believe these names. */
export function authorizationFailed(failed: readonly FailedAuthorization[]): KeepgateError {
  const reasons = failed.map(({ name, problem, status }) => {
    if (problem) return `${name}: ${problemWords(problem).what}`;
    return status === 'pending' ? `${name}: the CA has not made up its mind within two minutes` : `${name}: ${status}`;
  });
  return new KeepgateError(1, {
    code: 'authorization-failed',
    message: `the CA could not see that ${failed.length === 1 ? 'the name is' : 'the names are'} yours: ${reasons.join('; ')}`,
    ...helpFor(failed),
  });
}

/** The way out of the first that the CA gives a reason for. */
function helpFor(failed: readonly FailedAuthorization[]): { readonly help?: string } {
  const [first] = failed.flatMap(({ name, by, problem }) => (problem ? [{ name, by, problem }] : []));
  if (!first) return {};
  const { name, by, problem } = first;
  return { help: (by === 'dns-01' && dnsProofHelp(problem, name)) || problemWords(problem).help };
}

/** The CA ended the order. */
export function orderFailed(names: readonly string[], { error }: Order): KeepgateError {
  return new KeepgateError(1, {
    code: 'order-failed',
    message: `the CA gave up the order for ${names.join(', ')}: ${error ? problemWords(error).what : 'it says no reason'}`,
    ...(error && { help: problemWords(error).help }),
  });
}

/** The CA took too long; nothing is lost. */
export function orderTooSlow(names: readonly string[], { status }: Order): KeepgateError {
  return new KeepgateError(4, {
    code: 'order-slow',
    message: `the order for ${names.join(', ')} is still "${status}" after three minutes`,
    help: 'Run the command again later: it goes on with the same order and key.',
  });
}
