/** The authorizations of an order: present, let the CA look, wait, clean up (RFC 8555, section 7.5). */
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { poll } from './poll.ts';
import type { AcmeProblem } from './problem.ts';
import type { AcmeSession, Authorization, Order } from './session.ts';
import type { Challenge, Solver } from './solvers/solver.ts';

export interface AuthorizeOptions {
  readonly session: AcmeSession;
  readonly solver: Solver;
  readonly signal: AbortSignal;
  readonly report: (step: string) => void;
  /** Called with what could not be taken away again. */
  readonly onWarning: (warning: Diagnostic) => void;
}

/** A name that the CA did not believe. */
export interface FailedAuthorization {
  readonly name: string;
  /** How it was to be proven, where that was tried. */
  readonly by: string | undefined;
  readonly problem: AcmeProblem | undefined;
  /** The state that it ended in; `pending` when the CA took too long. */
  readonly status: Authorization['status'];
}

interface Task {
  readonly authorization: Authorization;
  readonly challenge: Challenge;
  readonly url: string;
}

/** The CA looks from several places of the world, some of them slow. */
const timeLimit = 120_000;

/**
 * Authorizes every name of the order that isn't yet, all at once. Resolves to the names that failed. What was presented is taken
 * away again, whatever happens.
 * @throws KeepgateError challenge-not-offered (1), and what session and solver throw
 */
export async function authorize(order: Order, options: AuthorizeOptions): Promise<FailedAuthorization[]> {
  const { session, solver, signal, report } = options;
  const all = await Promise.all(order.authorizations.map((url) => session.authorization(url)));
  const dead = all.filter(({ status }) => status !== 'pending' && status !== 'valid').map(failed);
  if (dead.length > 0) return dead;
  const tasks = all.filter(({ status }) => status === 'pending').map((authorization) => taskOf(authorization, options));
  if (tasks.length === 0) return [];
  report(`proving ${tasks.length === 1 ? 'the name' : `${tasks.length} names`} by ${solver.description}`);
  const presented: Challenge[] = [];
  const names = tasks.map(({ authorization }) => nameOf(authorization));
  try {
    for (const [index, task] of tasks.entries()) {
      const challenge = { ...task.challenge, order: { names, remaining: tasks.length - 1 - index } };
      presented.push(challenge);
      await solver.present(challenge, signal);
    }
    await Promise.all(tasks.map(({ challenge }) => solver.ready?.(challenge, signal)));
    const ended = await Promise.all(
      tasks.map(async ({ authorization, url }) => {
        await session.complete(url);
        const look = () => session.authorization(authorization.url);
        // What it said before it began to look is no estimate.
        const before = { ...authorization, retryAfter: 0 };
        return poll(look, ({ status }) => status !== 'pending', { timeLimit, signal }, before);
      }),
    );
    return ended.filter(({ status }) => status !== 'valid').map(failed);
  } finally {
    for (const challenge of presented) await cleanUp(challenge, options);
  }
}

/** Neither what failed before nor an interruption keeps us from it. */
async function cleanUp(challenge: Challenge, { solver, onWarning }: AuthorizeOptions): Promise<void> {
  try {
    await solver.cleanUp(challenge);
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    onWarning({ ...error.diagnostic, severity: 'warning' });
  }
}

const nameOf = ({ identifier, wildcard }: Authorization): string => `${wildcard ? '*.' : ''}${identifier.value}`;

function failed(authorization: Authorization): FailedAuthorization {
  const tried = authorization.challenges.find(({ error }) => error !== undefined);
  return { name: nameOf(authorization), by: tried?.type, problem: tried?.error, status: authorization.status };
}

function taskOf(authorization: Authorization, { session, solver }: AuthorizeOptions): Task {
  const { identifier, wildcard, challenges } = authorization;
  const challenge = challenges.find(({ type }) => type === solver.type);
  if (!challenge) {
    const offered = challenges.map(({ type }) => type).join(', ') || 'none';
    throw new KeepgateError(1, {
      code: 'challenge-not-offered',
      message: `the CA does not prove ${wildcard ? '*.' : ''}${identifier.value} by ${solver.type}; it offers ${offered}`,
      help: wildcard
        ? 'A wildcard is proved by dns-01 alone: name a hook with --dns-exec, or acme.challenge in the spec.'
        : 'Choose one that it offers: acme.challenge in the spec, or the options of `keepgate cert issue`.',
    });
  }
  const { token, url } = challenge;
  const values = { keyAuthorization: session.keyAuthorization(token), dnsValue: session.dnsValue(token) };
  return { authorization, url, challenge: { identifier, wildcard, token, ...values } };
}
