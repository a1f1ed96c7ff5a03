/**
 * The life of certificates: each that is due is issued, all new ones are switched with one reload, hooks are called, and what
 * is superfluous goes. Only for the holder of the store's lock.
 */
import { prune } from '../certs/store.ts';
import { type ActivationResult, activate } from '../deploy/activate-certificates.ts';
import { type Diagnostic, KeepgateError, reaches } from '../diagnostic.ts';
import type { Job, UnreadableJob } from './due.ts';
import { hookDone, isHookOwed, reloadDone } from './owed.ts';
import { inPool } from './pool.ts';
import { type Outcome, type ReachOptions, reach } from './reach.ts';

export interface FreshOptions extends ReachOptions {
  /** How many orders are in flight at once. */
  readonly concurrency: number;
  /** How many versions of each stay in the store, whatever its settings say. */
  readonly keep: number | undefined;
  /** Makes its exports for other servers anew, before the hook: that may be for who reads them. */
  readonly exported: (name: string) => Promise<readonly Diagnostic[]>;
  /** Runs its deploy hook, for what is served now. An error says that it has to be run again. */
  readonly deployed: (job: Job) => Promise<readonly Diagnostic[]>;
  /** Called for each certificate when nothing is asked of a CA for it any more. */
  readonly onReached: (name: string) => void;
}

/** Versions that stay in the store when nobody says how many. */
const usualKeep = 5;

export interface Fresh {
  readonly outcomes: readonly Outcome[];
  /** undefined when nothing was switched. */
  readonly activation: ActivationResult | undefined;
}

/** What goes wrong with one certificate stops no other. @throws KeepgateError put-back-failed (4); the signal's reason */
export async function keepFresh(jobs: readonly (Job | UnreadableJob)[], options: FreshOptions): Promise<Fresh> {
  const { store, signal, concurrency, nginx, report } = options;
  const reached = await inPool(jobs, concurrency, (job) =>
    reach(job, options)
      .catch((error: unknown) => ({ error }))
      .finally(() => options.onReached(job.name)),
  );
  signal.throwIfAborted();
  const outcomes = reached.map((outcome) => {
    if ('job' in outcome) return outcome;
    throw outcome.error;
  });
  const fresh = outcomes.flatMap(({ job, result, version }) =>
    (result === 'issued' || result === 'switched') && version ? [{ name: job.name, version }] : [],
  );
  for (const { name } of fresh) report(name, 'switching to the new certificate');
  const activation = fresh.length > 0 ? await activate(store, fresh, { nginx, signal }) : undefined;
  for (const { name } of fresh) reloadDone(store, name);
  const isBack = activation?.outcome === 'put-back' || activation?.outcome === 'stuck';
  const ended = await inPool(outcomes, 1, async (outcome) => {
    const isNew = fresh.some(({ name }) => name === outcome.job.name);
    const result =
      isNew && isBack
        ? { ...outcome, result: 'failed' as const, error: notServed(outcome.job.name, activation) }
        : outcome;
    return { ...result, diagnostics: [...outcome.diagnostics, ...(await served(result, isNew && !isBack, options))] };
  });
  return { outcomes: ended, activation };
}

/** Once nginx has what it gets: old versions go, and the hook is called if it has not heard of what is served. */
async function served(
  { job, version }: Outcome,
  isNew: boolean,
  options: FreshOptions,
): Promise<readonly Diagnostic[]> {
  const { store, keep, hooks, exported, deployed, report } = options;
  const { name, settings } = job;
  if (!settings || !version) return [];
  try {
    if (isNew) prune(store, name, keep ?? settings.keep ?? usualKeep);
    const exports = isNew ? await exported(name) : [];
    if (!hooks || !isHookOwed(store, name)) return exports;
    report(name, 'calling the deploy hook');
    const found = await deployed({ name, settings });
    if (!reaches(found, 'error')) hookDone(store, name);
    return [...exports, ...found];
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    return [error.diagnostic];
  }
}

function notServed(name: string, { diagnostics }: ActivationResult): KeepgateError {
  const reason = diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'nginx did not take it';
  return new KeepgateError(4, {
    code: 'certificate-put-back',
    message: `the new certificate "${name}" is in the store and the one before is served: ${reason}`,
    help: 'Remove the reason and run the command again: it switches to the new one, and orders no other.',
  });
}
