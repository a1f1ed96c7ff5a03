/** What hears of certificates that are new: exports, then deploy hooks. */
import type { Job } from '../acme/due.ts';
import type { Fresh } from '../acme/keep-fresh.ts';
import { type RefreshOptions, refreshExports } from '../acme/refresh-exports.ts';
import { type CertificateStore, names } from '../certs/store.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { runDeployHook } from '../hooks/deploy-hook.ts';

/** Of the certificates' own deploy hooks. */
export async function deployed(
  { name, settings }: Job,
  store: CertificateStore,
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> {
  const { deployHook, names } = settings;
  if (deployHook === undefined) return [];
  try {
    return await runDeployHook({ command: deployHook, store: store.root, name, domains: names, signal });
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    return [error.diagnostic];
  }
}

/** Of the certificates that a run did not make: what an earlier one could not export, and what is not of a CA. */
export async function exportTheOthers(
  { outcomes }: Fresh,
  store: CertificateStore,
  exporting: RefreshOptions,
): Promise<readonly Diagnostic[]> {
  const made = outcomes.filter(({ result }) => result === 'issued' || result === 'switched').map(({ job }) => job.name);
  const found: Diagnostic[] = [];
  for (const name of names(store)) {
    if (made.includes(name)) continue;
    try {
      found.push(...(await refreshExports(store, name, exporting)));
    } catch (error) {
      // One whose exports can't be read hides nothing of the others.
      if (!(error instanceof KeepgateError)) throw error;
      found.push(error.diagnostic);
    }
  }
  return found;
}
