/** Key stores for other servers, made anew when their certificate is. */
import { join } from 'node:path';
import { type KeptExport, keptExports, saveKeptExports } from '../certs/export/kept.ts';
import { makeExport } from '../certs/export/make.ts';
import { readPassword } from '../certs/export/password.ts';
import { placeExport } from '../certs/export/place.ts';
import { type CertificateStore, liveVersion, type StoredVersion, settingsOf } from '../certs/store.ts';
import { readStored } from '../certs/stored-file.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { runDeployHook } from '../hooks/deploy-hook.ts';

export interface RefreshOptions {
  /** Where passwords may be. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Whether their hooks are run. */
  readonly hooks: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes those exports of a certificate anew that don't hold what is served now, and runs their hooks. One that fails is a finding,
 * and is tried again at the next call: the certificate itself stays. Only for the holder of the lock.
 * @throws KeepgateError of the store; the signal's reason when it is aborted
 */
export async function refreshExports(
  store: CertificateStore,
  name: string,
  options: RefreshOptions,
): Promise<readonly Diagnostic[]> {
  const exports = keptExports(store, name);
  const live = exports.length > 0 ? liveVersion(store, name) : undefined;
  if (typeof live !== 'object') return [];
  const found: Diagnostic[] = [];
  const { fingerprint } = live.meta;
  for (const each of exports) {
    if (each.fingerprint === fingerprint) continue;
    const diagnostics = await refresh(store, name, each, live, options);
    found.push(...diagnostics);
    if (diagnostics.some(({ severity }) => severity === 'error')) continue;
    const now = keptExports(store, name).map((one) => (one.out === each.out ? { ...one, fingerprint } : one));
    await saveKeptExports(store, name, now);
  }
  return found;
}

async function refresh(
  store: CertificateStore,
  name: string,
  kept: KeptExport,
  { folder }: StoredVersion,
  { env, hooks, signal }: RefreshOptions,
): Promise<readonly Diagnostic[]> {
  try {
    const { password, diagnostics } = readPassword(kept.password, env);
    const [fullchain, key] = ['fullchain.pem', 'privkey.pem'].map((file) => readStored(join(folder, file)));
    const contents = await makeExport({ fullchain: fullchain ?? '', key: key ?? '' }, { ...kept, password });
    const placed = placeExport(contents, kept, kept.owner);
    if (kept.hook === undefined || !hooks) return [...diagnostics, ...placed];
    const domains = settingsOf(store, name)?.names ?? [name];
    const hook = { command: kept.hook, store: store.root, name, domains, export: kept.out, signal };
    return [...diagnostics, ...placed, ...(await runDeployHook(hook))];
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    return [failed(name, kept, error)];
  }
}

function failed(name: string, { as, out }: KeptExport, { diagnostic }: KeepgateError): Diagnostic {
  return {
    code: 'export-not-current',
    severity: 'error',
    message: `the ${as} export ${out} is not that of the new certificate "${name}": ${diagnostic.message}`,
    help: `${diagnostic.help ?? 'Remove the reason.'} The certificate itself is in place; keepgate cert renew tries the export again.`,
  };
}
