/** One certificate of many: what is done about it before nginx is switched, and what becomes of it. */
import { isDeepStrictEqual } from 'node:util';
import { type StoredVersion, saveSettings, settingsOf } from '../certs/store.ts';
import type { NginxInstance } from '../deploy/nginx-instance.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { type DueOptions, dueOf, type Job, type UnreadableJob } from './due.ts';
import { type IssueDueOptions, issueDue, type Proof } from './issue-due.ts';
import { isReloadOwed, owe } from './owed.ts';
import type { RenewalDecision } from './renewal.ts';
import { unlessDamaged } from './state-file.ts';

export interface ReachOptions extends DueOptions, IssueDueOptions {
  /** `none`: nothing is reloaded. */
  readonly nginx: NginxInstance | 'none' | undefined;
}

export interface Outcome {
  /** Without settings when these can't be read. */
  readonly job: Pick<Job, 'name'> & Partial<Job>;
  /** `switched`: an earlier run had it issued, and was ended before nginx had it. `held`: due, and not to be asked for before `decision.retryAt`. */
  readonly result: 'issued' | 'switched' | 'kept' | 'held' | 'failed';
  /** undefined when what the store has of it can't be read. */
  readonly decision?: RenewalDecision;
  /** The newest in the store, new or not. */
  readonly version: StoredVersion | undefined;
  readonly error?: KeepgateError;
  /** How its names were proven; undefined when it did not come to that. */
  readonly proof?: Proof;
  readonly diagnostics: readonly Diagnostic[];
}

/** Up to the switch, which all have in common. @throws the signal's reason; never a KeepgateError */
export async function reach(job: Job | UnreadableJob, options: ReachOptions): Promise<Outcome> {
  const { store, hooks, nginx } = options;
  const unreached = { job: { name: job.name }, version: undefined, diagnostics: [] };
  if ('error' in job) return { ...unreached, result: 'failed', error: job.error };
  let outcome: Outcome = { ...unreached, job, result: 'failed' };
  try {
    outcome = await outcomeOf(job, options);
    const isNew = outcome.result === 'issued' || outcome.result === 'switched';
    const owed = { reload: nginx !== 'none', hook: hooks && job.settings.deployHook !== undefined };
    if (isNew && outcome.version) await owe(store, job.name, outcome.version.number, owed);
    return outcome;
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    return { ...outcome, result: 'failed', error };
  }
}

async function outcomeOf(job: Job, options: ReachOptions): Promise<Outcome> {
  const due = await dueOf(job, options);
  const { decision, newest: version } = due;
  const outcome = { job, decision, version, diagnostics: [] };
  if (due.action === 'hold') return { ...outcome, result: 'held' };
  if (due.action !== 'issue') {
    await rememberSettings(job, options);
    const isIn = due.action === 'keep' && (options.nginx === 'none' || !isReloadOwed(options.store, job.name));
    return { ...outcome, result: isIn ? 'kept' : 'switched' };
  }
  const { version: issued, error, proof, diagnostics } = await issueDue(due, options);
  const ended = { ...outcome, ...(proof && { proof }), diagnostics };
  if (error) return { ...ended, result: 'failed', error };
  return { ...ended, result: 'issued', version: issued };
}

/** What needs no new certificate, such as another hook or challenge, holds for the next renewal. */
async function rememberSettings({ name, settings }: Job, { store }: ReachOptions): Promise<void> {
  const known = unlessDamaged(() => settingsOf(store, name));
  if (!isDeepStrictEqual(settings, known)) await saveSettings(store, name, settings);
}
