/**
 * The life of certificates: each that is due is issued, all new ones are switched with one reload, hooks are called, and what
 * is superfluous goes. Only for the holder of the store's lock.
 */
import { isDeepStrictEqual } from 'node:util';
import { prune, type StoredVersion, saveSettings, settingsOf } from '../certs/store.ts';
import { type ActivationResult, activate } from '../deploy/activate-certificates.ts';
import type { NginxInstance } from '../deploy/nginx-instance.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { type DueOptions, dueOf, type Job } from './due.ts';
import { type IssueDueOptions, issueDue, type Proof } from './issue-due.ts';
import { inPool } from './pool.ts';
import type { RenewalDecision } from './renewal.ts';

export interface FreshOptions extends DueOptions, IssueDueOptions {
  /** How many orders are in flight at once. */
  readonly concurrency: number;
  /** How many versions of each stay in the store, whatever its settings say. */
  readonly keep: number | undefined;
  readonly nginx: NginxInstance | 'none' | undefined;
  /** Called for each certificate that is served, or would be. */
  readonly deployed: (job: Job, version: StoredVersion) => Promise<readonly Diagnostic[]>;
  /** Called for each certificate when nothing is asked of a CA for it any more. */
  readonly onReached: (name: string) => void;
}

/** Versions that stay in the store when nobody says how many. */
const usualKeep = 5;

export interface Outcome {
  readonly job: Job;
  /** `switched`: an earlier run had it issued. `held`: due, and not to be asked for before `decision.retryAt`. */
  readonly result: 'issued' | 'switched' | 'kept' | 'held' | 'failed';
  readonly decision: RenewalDecision;
  /** The newest in the store, new or not. */
  readonly version: StoredVersion | undefined;
  readonly error?: KeepgateError;
  /** How its names were proven; undefined when it did not come to that. */
  readonly proof?: Proof;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Fresh {
  readonly outcomes: readonly Outcome[];
  /** undefined when nothing was switched. */
  readonly activation: ActivationResult | undefined;
}

/** @throws KeepgateError of the store; the signal's reason when it is aborted */
export async function keepFresh(jobs: readonly Job[], options: FreshOptions): Promise<Fresh> {
  const { store, signal, concurrency, keep, nginx, report, deployed } = options;
  const reached = await inPool(jobs, concurrency, (job) =>
    outcomeOf(job, options)
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
  if (fresh.length === 0) return { outcomes, activation: undefined };
  for (const { name } of fresh) report(name, 'switching to the new certificate');
  const activation = await activate(store, fresh, { nginx, signal });
  const isBack = activation.outcome === 'put-back' || activation.outcome === 'stuck';
  const ended = await inPool(outcomes, 1, async (outcome) => {
    const { job, version, diagnostics } = outcome;
    if (!version || !fresh.some(({ name }) => name === job.name)) return outcome;
    if (isBack) return { ...outcome, result: 'failed' as const, error: notServed(job.name, activation) };
    prune(store, job.name, keep ?? job.settings.keep ?? usualKeep);
    return { ...outcome, diagnostics: [...diagnostics, ...(await deployed(job, version))] };
  });
  return { outcomes: ended, activation };
}

async function outcomeOf(job: Job, options: FreshOptions): Promise<Outcome> {
  const due = await dueOf(job, options);
  const { decision, newest: version } = due;
  const outcome = { job, decision, version, diagnostics: [] };
  if (due.action === 'hold') return { ...outcome, result: 'held' };
  if (due.action !== 'issue') {
    rememberSettings(job, options);
    return { ...outcome, result: due.action === 'keep' ? 'kept' : 'switched' };
  }
  const { version: issued, error, proof, diagnostics } = await issueDue(due, options);
  const ended = { ...outcome, ...(proof && { proof }), diagnostics };
  if (error) return { ...ended, result: 'failed', error };
  return { ...ended, result: 'issued', version: issued };
}

/** What needs no new certificate, such as another hook or challenge, holds for the next renewal. */
function rememberSettings({ name, settings }: Job, { store }: FreshOptions): void {
  if (!isDeepStrictEqual(settings, settingsOf(store, name))) saveSettings(store, name, settings);
}

function notServed(name: string, { diagnostics }: ActivationResult): KeepgateError {
  const reason = diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'nginx did not take it';
  return new KeepgateError(4, {
    code: 'certificate-put-back',
    message: `the new certificate "${name}" is in the store and the one before is served: ${reason}`,
    help: 'Remove the reason and run the command again: it switches to the new one, and orders no other.',
  });
}
