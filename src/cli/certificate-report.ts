/** What became of certificates, for people and as a document. Never a secret, only where it lies. */
import { join } from 'node:path';
import type { Fresh, Outcome } from '../acme/keep-fresh.ts';
import type { CertificateStore } from '../certs/store.ts';
import { fromNow, timestamp } from '../certs/time-in-words.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { exitCode } from './io.ts';

interface Context {
  readonly store: CertificateStore;
  readonly now: Date;
  readonly dryRun: boolean;
  /** Of exports that are not those of a certificate of this run. */
  readonly late: readonly Diagnostic[];
}

export interface CertificateReport {
  readonly lines: string;
  /** What to do next. */
  readonly next: string;
  readonly document: object;
}

export function certificateReport(fresh: Fresh, context: Context): CertificateReport {
  const { outcomes, activation } = fresh;
  const retryAt = outcomes.flatMap(retryAtOf).sort()[0];
  return {
    lines: outcomes.map((outcome) => `${line(outcome, context)}\n`).join(''),
    next: next(fresh, context),
    document: {
      version: 1,
      dryRun: context.dryRun,
      store: context.store.root,
      certificates: outcomes.map((outcome) => entry(outcome, context)),
      ...(activation && { nginx: { outcome: activation.outcome, observed: activation.observed } }),
      ...(retryAt !== undefined && { retryAt }),
      ...(context.late.length > 0 && { diagnostics: context.late }),
    },
  };
}

/** 1 when something is wrong with what was asked for, else 4, else 5 when something has to wait, else 0. */
export function exitCodeOf({ outcomes }: Fresh): number {
  const codes = outcomes.map(({ result, error }) => error?.exitCode ?? (result === 'held' ? exitCode.limited : 0));
  return (
    [exitCode.wrong, exitCode.usage, exitCode.environment, exitCode.limited].find((code) => codes.includes(code)) ?? 0
  );
}

function retryAtOf({ result, decision, error }: Outcome): string[] {
  const at = error
    ? error.diagnostic.retryAt
    : result === 'held'
      ? decision.retryAt && timestamp(decision.retryAt)
      : undefined;
  return at === undefined ? [] : [at];
}

function line({ job, result, version, decision }: Outcome, { now, dryRun, store }: Context): string {
  const until = version && new Date(version.meta.notAfter);
  const valid = until ? `valid until ${timestamp(until).slice(0, 10)} (${fromNow(until, now)})` : 'there is none yet';
  const folder = join(store.root, 'live', job.name);
  switch (result) {
    case 'issued':
      return dryRun
        ? `${job.name}: would be issued: staging issued one`
        : `${job.name}: issued, ${valid}, in ${folder}`;
    case 'switched':
      return `${job.name}: switched to the one that was issued before, ${valid}, in ${folder}`;
    case 'kept':
      return `${job.name}: kept, ${valid}; renewed ${fromNow(decision.at, now)}, ${decision.reason}`;
    case 'held':
      return `${job.name}: has to wait, ${fromNow(decision.at, now)}: ${decision.reason}; ${valid}`;
    case 'failed':
      return `${job.name}: failed; ${valid}`;
  }
}

function entry({ job, result, version, decision, error, diagnostics }: Outcome, { store }: Context): object {
  const { meta } = version ?? {};
  return {
    name: job.name,
    names: job.settings.names,
    result,
    ...(meta && { notBefore: meta.notBefore, notAfter: meta.notAfter, serial: meta.serial, issuer: meta.issuer }),
    ...(version && { version: version.number, folder: join(store.root, 'live', job.name) }),
    ...(result === 'kept' && { renewAt: timestamp(decision.at) }),
    reason: decision.reason,
    ...(error && { error: error.diagnostic }),
    ...(decision.retryAt && result === 'held' && { retryAt: timestamp(decision.retryAt) }),
    ...(diagnostics.length > 0 && { diagnostics }),
  };
}

function next({ outcomes, activation }: Fresh, { dryRun }: Context): string {
  if (outcomes.some(({ result }) => result === 'failed' || result === 'held')) return '';
  if (dryRun) return '\nNext: the same without --dry-run\n';
  if (activation?.outcome === 'reloaded') {
    const seen = activation.observed > 0 ? `, and was seen to serve the new one in ${activation.observed} places` : '';
    return `nginx has taken it${seen}\n\nNext: keepgate cert timer --install renews it from now on\n`;
  }
  if (activation)
    return '\nNext: start or reload what serves it; keepgate cert timer --install renews it from now on\n';
  return '';
}
