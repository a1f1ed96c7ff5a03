/** What became of certificates, for people and as a document. Never a secret, only where it lies. */
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Fresh } from '../acme/keep-fresh.ts';
import type { Outcome } from '../acme/reach.ts';
import { fromNow, timestamp } from '../certs/time-in-words.ts';
import { type Diagnostic, reaches } from '../diagnostic.ts';
import { certificateFiles } from '../model/store-paths.ts';
import { renewalDocument, versionDocument } from './certificate-documents.ts';
import { exitCode } from './io.ts';

interface Context {
  /** Its folder. */
  readonly store: string;
  readonly now: Date;
  readonly dryRun: boolean;
  /** Of exports that are not those of a certificate of this run. */
  readonly late: readonly Diagnostic[];
}

/**
 * 1 when something is wrong with what was asked for, else 4 when something else went wrong, such as a deploy hook, an
 * export or the reload, else 5 when something has to wait, else 0.
 */
export function exitCodeOf({ outcomes, activation }: Fresh, late: readonly Diagnostic[]): number {
  const codes = outcomes.map(({ result, error }) => error?.exitCode ?? (result === 'held' ? exitCode.limited : 0));
  const said = [...outcomes.flatMap(({ diagnostics }) => diagnostics), ...(activation?.diagnostics ?? []), ...late];
  if (reaches(said, 'error')) codes.push(exitCode.environment);
  return (
    [exitCode.wrong, exitCode.usage, exitCode.environment, exitCode.limited].find((code) => codes.includes(code)) ?? 0
  );
}

export function certificateDocument({ outcomes, activation }: Fresh, context: Context): object {
  const retryAt = outcomes.flatMap(retryAtOf).sort()[0];
  const diagnostics = [...(activation?.diagnostics ?? []), ...context.late];
  return {
    version: 1,
    dryRun: context.dryRun,
    store: context.store,
    certificates: outcomes.map((outcome) => entry(outcome, context)),
    ...(activation && { nginx: { outcome: activation.outcome, observed: activation.observed } }),
    ...(diagnostics.length > 0 && { diagnostics }),
    ...(retryAt !== undefined && { retryAt }),
  };
}

function retryAtOf({ result, decision, error }: Outcome): string[] {
  const at = error
    ? error.diagnostic.retryAt
    : result === 'held'
      ? decision?.retryAt && timestamp(decision.retryAt)
      : undefined;
  return at === undefined ? [] : [at];
}

function entry({ job, result, version, decision, error, proof, diagnostics }: Outcome, { store }: Context): object {
  return {
    ...{ name: job.name, names: job.settings?.names ?? version?.meta.names ?? [], result },
    ...(version && certificateFiles(store, job.name)),
    ...(version && { version: version.number, ...versionDocument(version.meta) }),
    ...(proof && { proof }),
    // Of what was just issued, the decision was about the one before.
    ...(decision && (result === 'issued' ? { reason: decision.reason } : { renewal: renewalDocument(decision) })),
    ...(error && { error: error.diagnostic }),
    ...(decision?.retryAt && result === 'held' && { retryAt: timestamp(decision.retryAt) }),
    ...(diagnostics.length > 0 && { diagnostics }),
  };
}

const colors = { issued: 'green', switched: 'green', kept: 'dim', held: 'yellow', failed: 'red' } as const;

/** One line for each certificate, and one on how its names were proven. */
export function certificateLines({ outcomes }: Fresh, context: Context & { readonly color: boolean }): string {
  const paint = (format: 'dim' | (typeof colors)[Outcome['result']], text: string): string =>
    context.color ? styleText(format, text, { validateStream: false }) : text;
  return outcomes
    .map((outcome) => {
      const { job, proof, result } = outcome;
      const how = proof ? `${paint('dim', `  ${proof.description} (${proof.why})`)}\n` : '';
      return `${job.name}: ${paint(colors[result], wordOf(outcome, context))}${inWords(outcome, context)}\n${how}`;
    })
    .join('');
}

function wordOf({ result }: Outcome, { dryRun }: Context): string {
  if (result === 'issued') return dryRun ? 'would be issued' : 'issued';
  return { switched: 'switched', kept: 'kept', held: 'has to wait', failed: 'failed' }[result];
}

function inWords({ job, result, version, decision, error }: Outcome, { now, dryRun, store }: Context): string {
  if (!decision) return error ? `: ${error.message}` : '';
  const until = version && new Date(version.meta.notAfter);
  const valid = until ? `valid until ${timestamp(until).slice(0, 10)} (${fromNow(until, now)})` : 'there is none yet';
  const folder = join(store, 'live', job.name);
  switch (result) {
    case 'issued':
      return dryRun ? ': the trial went through, and nothing of it is kept' : `, ${valid}, in ${folder}`;
    case 'switched':
      return ` to the one that was issued before, ${valid}, in ${folder}`;
    case 'kept':
      return `, ${valid}; renewed ${fromNow(decision.at, now)}, ${decision.reason}`;
    case 'held':
      return `, ${fromNow(decision.at, now)}: ${decision.reason}; ${valid}`;
    case 'failed':
      return version ? `; the one before is ${valid}` : `; ${valid}`;
  }
}
