/** What `cert issue` and `cert renew` share: a store, jobs, and an account of what became of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Argv } from 'yargs';
import type { Job, UnreadableJob } from '../acme/due.ts';
import { type Fresh, keepFresh } from '../acme/keep-fresh.ts';
import { refreshExports } from '../acme/refresh-exports.ts';
import { sessions } from '../acme/sessions.ts';
import { solverPools } from '../acme/solver-pools.ts';
import { withLock } from '../certs/lock.ts';
import { type CertificateStore, openStore } from '../certs/store.ts';
import { accountsIn } from '../certs/store-folder.ts';
import { installedNginx } from '../deploy/nginx-instance.ts';
import { timerLacks } from '../deploy/timer-lacks.ts';
import { systemUnits } from '../deploy/timer-units.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { challengeRoot } from '../model/store-paths.ts';
import { whatNext } from './after-certificates.ts';
import { askAboutTerms } from './ask-about-terms.ts';
import { certificateDocument, certificateLines, exitCodeOf } from './certificate-report.ts';
import { deployed, exportTheOthers } from './deployed.ts';
import { interruptible } from './interrupt.ts';
import { type Io, wantsColor } from './io.ts';
import { progress } from './progress.ts';
import { toJson } from './report/json.ts';
import { text } from './report/text.ts';
import { UsageError } from './usage-error.ts';

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
  /** The program of the nginx that is reloaded, for `up`; the installed one. */
  nginx?: string;
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
  readonly jobs: () => readonly (Job | UnreadableJob)[];
  readonly account: Account;
  /** Our own pauses after failures hold. */
  readonly patient: boolean;
  /** Whether a spec's sites are what it is about. */
  readonly hasSpec: boolean;
  /** Whether to look if the timer can renew what is issued. */
  readonly forTimer: boolean;
  readonly options: RunOptions;
}

/** Milliseconds that another run is waited for: long enough for one that issues. */
const lockWait = 300_000;

/** Resolves to the exit code. @throws KeepgateError of the store; UsageError */
export async function runCertificates(run: CertificateRun, io: Io): Promise<number> {
  atLeastOne('concurrency', run.options.concurrency);
  if (run.options.keep !== undefined) atLeastOne('keep', run.options.keep);
  if (!run.options.dryRun) return interruptible((signal) => locked(run, io, signal));
  const folder = mkdtempSync(join(tmpdir(), 'keepgate-dry-run-'));
  const store = openStore(folder);
  return interruptible((signal) => locked({ ...run, store }, io, signal)).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
}

function atLeastOne(option: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${option} takes a whole number of at least 1`);
}

async function locked(run: CertificateRun, io: Io, signal: AbortSignal): Promise<number> {
  const { store, account, patient, options } = run;
  const { dryRun } = options;
  const shown = progress(io);
  const solvers = solverPools({ challengeRoot }, options.resolver);
  const ask = askAboutTerms(io, signal);
  let reached = 0;
  try {
    const nginx = options.nginx === undefined ? undefined : await installedNginx(resolve(io.cwd, options.nginx));
    shown.say('waiting for another run of keepgate');
    const exporting = { env: io.env, hooks: options.hooks, signal };
    const result = await withLock(store, { wait: lockWait, signal }, async () => {
      const jobs = run.jobs();
      const counted = () => (jobs.length > 1 ? `${reached} of ${jobs.length} done; ` : '');
      const fresh = await keepFresh(jobs, {
        store,
        sessions: sessions(
          {
            accounts: accountsIn(store),
            agreeToTerms: account.agreeToTerms || (ask && ((terms) => shown.aside(() => ask(terms)))),
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
        hooks: options.hooks,
        resolver: options.resolver,
        concurrency: options.concurrency,
        keep: options.keep,
        nginx: options.reload && !dryRun ? nginx : 'none',
        report: (name, step) => shown.say(`${counted()}${name}: ${step}`),
        onReached: () => {
          reached++;
        },
        exported: dryRun ? async () => [] : (name) => refreshExports(store, name, exporting),
        deployed: options.hooks && !dryRun ? (job) => deployed(job, store, signal) : async () => [],
      });
      return { fresh, late: await exportTheOthers(fresh, store, exporting) };
    });
    const fresh = run.forTimer && !dryRun ? seenByTimer(result.fresh, store) : result.fresh;
    shown.end();
    tellAbout(fresh, result.late, run, io);
    return exitCodeOf(fresh, result.late);
  } finally {
    shown.end();
    await solvers.close();
  }
}

/** With a warning for each whose renewal the timer would fail at. */
function seenByTimer({ outcomes, activation }: Fresh, store: CertificateStore): Fresh {
  const warned = outcomes.map((outcome) => {
    const { challenge } = outcome.job.settings ?? {};
    if (typeof challenge !== 'object' || !('webroot' in challenge) || !outcome.version) return outcome;
    const warning = timerLacks(challenge.webroot, store.root, systemUnits);
    return warning ? { ...outcome, diagnostics: [...outcome.diagnostics, warning] } : outcome;
  });
  return { outcomes: warned, activation };
}

function tellAbout(fresh: Fresh, late: readonly Diagnostic[], run: CertificateRun, io: Io): void {
  const { store, options, hasSpec } = run;
  const { dryRun, format } = options;
  const context = { store: store.root, now: io.now(), dryRun, late };
  if (format === 'json') {
    io.stdout.write(toJson(certificateDocument(fresh, context)));
    return;
  }
  const found: Diagnostic[] = [
    ...fresh.outcomes.flatMap(({ error, diagnostics }) => [...diagnostics, ...(error ? [error.diagnostic] : [])]),
    ...(fresh.activation?.diagnostics ?? []),
    ...late,
  ];
  if (found.length > 0) io.stderr.write(text(found, { color: wantsColor(io.stderr, io.env), ignored: [] }));
  io.stdout.write(certificateLines(fresh, { ...context, color: wantsColor(io.stdout, io.env) }));
  if (fresh.outcomes.length === 0) io.stderr.write(`${store.root} has no certificate of a CA yet\n`);
  io.stderr.write(whatNext(fresh, { store: store.root, dryRun, hasSpec }));
}
