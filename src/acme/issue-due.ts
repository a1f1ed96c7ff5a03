/** One certificate that is due: limits, challenge, preflight, issuance, and what is remembered of it. */
import type { CertificateStore, StoredVersion } from '../certs/store.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { checkHook } from '../hooks/run-hook.ts';
import { checkLimits } from './check-limits.ts';
import { checkNames } from './check-names.ts';
import type { Due } from './due.ts';
import { toKeepgateError } from './error.ts';
import { issue } from './issue.ts';
import { type Attempt, withCertificate, withFailures, withOrder, withPause } from './ledger.ts';
import { readLedger, updateLedger } from './ledger-file.ts';
import { preflight } from './preflight/preflight.ts';
import { AcmeProblem } from './problem.ts';
import { checkProfile } from './profile.ts';
import { pauseAfterFailure } from './renewal.ts';
import { afterIssuance, failed } from './renewal-state.ts';
import type { Sessions } from './sessions.ts';
import type { Solvers } from './solver-pool.ts';
import type { Solver } from './solvers/solver.ts';
import { saveState } from './state-file.ts';

export interface IssueDueOptions {
  readonly store: CertificateStore;
  readonly sessions: Sessions;
  readonly solvers: Solvers;
  readonly preflight: boolean;
  /** Whether deploy hooks are run afterwards. */
  readonly hooks: boolean;
  /** `host:port` of the name server that the preflight asks, whatever the settings say; without both, the system's. */
  readonly resolver: string | undefined;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly report: (name: string, step: string) => void;
}

/** How control over the names is shown to the CA, and why in this way. */
export interface Proof extends Pick<Solver, 'type' | 'description'> {
  readonly why: string;
}

export interface Issued {
  readonly version?: StoredVersion;
  readonly error?: KeepgateError;
  readonly proof?: Proof;
  /** What the preflight warned of. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Never throws but when it is aborted: what went wrong with one certificate stops no other. */
export async function issueDue(due: Due, options: IssueDueOptions): Promise<Issued> {
  const { store, sessions, solvers, now, signal } = options;
  const { name, settings } = due.job;
  const { names } = settings;
  const report = (step: string) => options.report(name, step);
  const said: Diagnostic[] = [];
  let directory: string | undefined;
  let proof: Proof | undefined;
  try {
    checkNames(settings);
    if (options.hooks && settings.deployHook !== undefined) checkHook(settings.deployHook);
    const session = await sessions(settings);
    directory = session.directory.url;
    checkProfile(session, settings.profile);
    // A CA takes `replaces` from the account alone that got the certificate.
    const isOwn = Date.parse(due.newest?.meta.createdAt ?? '') >= Date.parse(session.accountSince);
    const replaces = isOwn ? due.replaces : undefined;
    const attempt: Attempt = { directory, names, exempt: replaces !== undefined && due.decision.why === 'ari' };
    const placed = (order: { readonly replaces: boolean }): Attempt => ({
      ...attempt,
      exempt: attempt.exempt === true && order.replaces,
    });
    said.push(...checkLimits(readLedger(store), attempt, now()));
    const { solver, why } = await solvers(settings);
    proof = { type: solver.type, description: solver.description, why };
    report(`${solver.description}: ${why}`);
    if (options.preflight && !settings.skipPreflight) {
      report('looking whether the CA will find what it asks for');
      const found = await preflight(names, solver, {
        resolver: options.resolver ?? settings.resolver,
        caaIdentities: session.caaIdentities,
        accountUrl: session.accountUrl,
        publicCa: session.directory.name !== session.directory.url,
        signal,
      });
      const wrong = found.find(({ severity }) => severity === 'error');
      said.push(...found.filter((finding) => finding !== wrong));
      if (wrong) throw new KeepgateError(1, wrong);
    }
    const isRevoked = due.newest !== undefined && due.state.revoked === due.newest.meta.serial;
    const issued = await issue(
      { name, settings, replaces, newKey: isRevoked },
      {
        store,
        session,
        solver,
        now,
        signal,
        report,
        onWarning: (warning) => said.push(warning),
        onOrder: (order) => updateLedger(store, (ledger) => withOrder(ledger, placed(order), now())),
        onFailedValidation: (host) =>
          updateLedger(store, (ledger) => withFailures(ledger, attempt.directory, [host], now())),
      },
    );
    updateLedger(store, (ledger) => withCertificate(ledger, placed(issued), now()));
    saveState(store, name, afterIssuance(due.state));
    return { version: issued.version, proof, diagnostics: said };
  } catch (cause) {
    signal.throwIfAborted();
    const { state, certificate } = due;
    const ownPause = pauseAfterFailure({ now: now(), state, ...(certificate && { certificate }) });
    const error = toKeepgateError(cause, `get the certificate "${name}"`, ownPause);
    const { code, message, retryAt } = error.diagnostic;
    // Nothing was asked of the CA.
    if (error === cause && code === 'rate-limited') return { error, ...(proof && { proof }), diagnostics: said };
    saveState(store, name, failed(due.state, now(), { code, message, ...(retryAt !== undefined && { retryAt }) }));
    if (directory !== undefined && error.exitCode === 5 && retryAt !== undefined) {
      // Without its word, nobody knows whom a limit is for: each certificate has pauses of its own.
      const onlyThese = cause instanceof AcmeProblem && cause.retryAfter === undefined;
      const pause = { until: new Date(retryAt), reason: message, names, onlyThese };
      const url = directory;
      updateLedger(store, (ledger) => withPause(ledger, url, pause, now()));
    }
    return { error, ...(proof && { proof }), diagnostics: said };
  }
}
