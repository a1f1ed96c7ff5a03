/** What `cert issue` and `cert renew` share: a store, jobs, and an account of what became of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { Job } from '../acme/due.ts';
import { keepFresh } from '../acme/keep-fresh.ts';
import { type RefreshOptions, refreshExports } from '../acme/refresh-exports.ts';
import { sessions } from '../acme/sessions.ts';
import { solverPool } from '../acme/solver-pool.ts';
import { withLock } from '../certs/lock.ts';
import { type CertificateStore, names, openStore } from '../certs/store.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { runDeployHook } from '../hooks/deploy-hook.ts';
import { challengeRoot } from '../model/store-paths.ts';
import { askAboutTerms } from './ask-about-terms.ts';
import { certificateReport, exitCodeOf } from './certificate-report.ts';
import { interruptible } from './interrupt.ts';
import { type Io, wantsColor } from './io.ts';
import { progress } from './progress.ts';
import { text } from './report/text.ts';

export interface RunOptions {
  dryRun: boolean;
  force: boolean;
  skipPreflight: boolean;
  reload: boolean;
  hooks: boolean;
  resolver?: string;
  concurrency: number;
  keep?: number;
  format: 'text' | 'json';
  /** As the command line names it. */
  directory?: string;
}

export const runOptions = (yargs: Argv): Argv =>
  yargs
    .option('dry-run', { type: 'boolean', default: false, describe: "try everything with the CA's staging directory" })
    .option('force', { type: 'boolean', default: false, describe: 'whether it is due or not' })
    .option('skip-preflight', { type: 'boolean', default: false, describe: "don't look at DNS and port 80 first" })
    .option('resolver', {
      type: 'string',
      requiresArg: true,
      describe: "host:port of the name server to ask (the system's)",
    })
    .option('reload', { type: 'boolean', default: true, describe: 'reload nginx afterwards (--no-reload: do not)' })
    .option('hooks', { type: 'boolean', default: true, describe: 'run deploy hooks (--no-hooks: do not)' })
    .option('concurrency', { type: 'number', default: 4, requiresArg: true, describe: 'orders in flight at once' })
    .option('keep', { type: 'number', requiresArg: true, describe: 'versions of each that stay in the store (5)' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' });

export interface Account {
  readonly email?: string | undefined;
  readonly agreeToTerms: boolean;
  readonly eab?: { readonly kidFile: string; readonly keyFile: string } | undefined;
}

export interface CertificateRun {
  readonly store: CertificateStore;
  /** Looked for once the store is locked. */
  readonly jobs: () => readonly Job[];
  readonly account: Account;
  /** Our own pauses after failures hold. */
  readonly patient: boolean;
  readonly options: RunOptions;
}

/** Milliseconds that another run is waited for: long enough for one that issues. */
const lockWait = 300_000;

/** Resolves to the exit code. @throws KeepgateError of the store */
export function runCertificates(run: CertificateRun, io: Io): Promise<number> {
  if (!run.options.dryRun) return interruptible((signal) => locked(run, io, signal));
  const folder = mkdtempSync(join(tmpdir(), 'keepgate-dry-run-'));
  const store = openStore(folder);
  return interruptible((signal) => locked({ ...run, store }, io, signal)).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
}

async function locked(run: CertificateRun, io: Io, signal: AbortSignal): Promise<number> {
  const { store, account, patient, options } = run;
  const { dryRun, format } = options;
  const shown = progress(io);
  const solvers = solverPool({ challengeRoot, dns: { resolver: options.resolver } });
  try {
    shown.say('waiting for another run of keepgate');
    const exporting = { env: io.env, hooks: options.hooks, signal };
    const { fresh, late } = await withLock(store, { wait: lockWait, signal }, async () => {
      const fresh = await keepFresh(run.jobs(), {
        store,
        sessions: sessions(
          {
            accounts: join(store.root, 'accounts'),
            agreeToTerms: account.agreeToTerms || askAboutTerms(io),
            now: io.now,
            signal,
            ...(account.email !== undefined && { email: account.email }),
            ...(account.eab && { eab: account.eab }),
          },
          { staging: dryRun ? (options.directory === undefined ? 'known' : 'named') : 'none' },
        ),
        solvers,
        now: io.now,
        signal,
        patient,
        force: options.force,
        preflight: !options.skipPreflight,
        resolver: options.resolver,
        concurrency: options.concurrency,
        keep: options.keep ?? 5,
        nginx: options.reload && !dryRun ? undefined : 'none',
        report: (name, step) => shown.say(`${name}: ${step}`),
        deployed: dryRun ? async () => [] : (job) => deployed(job, store, exporting),
      });
      const tried = fresh.outcomes.filter(({ result }) => result === 'issued' || result === 'switched');
      const others = names(store).filter((name) => tried.every(({ job }) => job.name !== name));
      return { fresh, late: await refreshAll(store, others, exporting) };
    });
    shown.end();
    const diagnostics = fresh.outcomes.flatMap(({ error, diagnostics }) => [
      ...diagnostics,
      ...(error ? [error.diagnostic] : []),
    ]);
    const all: Diagnostic[] = [...diagnostics, ...(fresh.activation?.diagnostics ?? []), ...late];
    const color = wantsColor(io.stderr, io.env);
    if (format === 'text' && all.length > 0) io.stderr.write(text(all, { color, ignored: [] }));
    const report = certificateReport(fresh, { store, now: io.now(), dryRun, late });
    if (format === 'json') io.stdout.write(`${JSON.stringify(report.document, null, 2)}\n`);
    else {
      io.stdout.write(report.lines);
      io.stderr.write(report.next);
    }
    return exitCodeOf(fresh);
  } finally {
    shown.end();
    await solvers.close();
  }
}

/** Exports first: the deploy hook may be for who reads them. */
async function deployed(
  { name, settings }: Job,
  store: CertificateStore,
  exporting: RefreshOptions,
): Promise<readonly Diagnostic[]> {
  const exported = await refreshExports(store, name, exporting);
  const { deployHook, names } = settings;
  if (deployHook === undefined || !exporting.hooks) return exported;
  const { signal } = exporting;
  try {
    const found = await runDeployHook({ command: deployHook, store: store.root, name, domains: names, signal });
    return [...exported, ...found];
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    return [...exported, error.diagnostic];
  }
}

/** What an earlier run could not export, and what is not of a CA. */
async function refreshAll(
  store: CertificateStore,
  names: readonly string[],
  exporting: RefreshOptions,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const name of names) found.push(...(await refreshExports(store, name, exporting)));
  return found;
}
