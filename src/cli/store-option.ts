/** The store that a certificate command works on. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import type { Argv } from 'yargs';
import { type CertificateStore, openStore } from '../certs/store.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { builtIn } from '../model/expand.ts';
import { word } from '../shell-word.ts';
import { type Io, wantsColor } from './io.ts';
import { validSpec } from './valid-spec.ts';

export interface StoreOptions {
  store?: string;
  /** Spec files whose "acme" names the store; without any, keepgate.yaml where there is one. */
  spec?: readonly string[];
}

export const storeOption = <T>(yargs: Argv<T>) =>
  yargs.option('store', {
    type: 'string',
    requiresArg: true,
    describe: `the folder of the certificates (acme.store of the spec, else ${builtIn.acme.store})`,
  });

/**
 * The store of --store, of the spec, or the built-in one.
 * @throws KeepgateError store-not-writable (4), store-not-usable (4); the first finding of a spec with errors (1)
 */
export async function storeFor(
  options: StoreOptions,
  io: Io,
  access: { write?: boolean } = {},
): Promise<CertificateStore> {
  const store = openStore(await storePath(options, io), access);
  const warning = access.write === false ? undefined : withinReach(store);
  if (warning) {
    const { text } = await import('./report/text.ts');
    io.stderr.write(text([warning], { color: wantsColor(io.stderr, io.env), ignored: [] }));
  }
  return store;
}

/** What is in root's store is believed, wherever it is; whether it is still there tomorrow is up to whoever may write above it. */
function withinReach({ root, distrust }: CertificateStore): Diagnostic | undefined {
  if (distrust === undefined || process.geteuid?.() !== 0) return undefined;
  return {
    code: 'store-within-reach',
    severity: 'warning',
    message: `${root}, the store of certificates, lies in ${distrust.folder}, which ${distrust.why}: whoever may write there can take it away, and have nginx serve something else`,
    help: `Keep it where root alone may write, such as ${builtIn.acme.store}.`,
  };
}

/** What a command that is to be run next has behind it, so that it works on this store wherever it is run. */
export const storeWords = (root: string): string => (root === builtIn.acme.store ? '' : ` --store ${word(root)}`);

/** Absolute. */
async function storePath({ store, spec = [] }: StoreOptions, io: Io): Promise<string> {
  if (store !== undefined) return resolve(io.cwd, store);
  if (spec.length === 0 && !existsSync(resolve(io.cwd, 'keepgate.yaml'))) return builtIn.acme.store;
  const loaded = await validSpec(spec, io);
  return resolve(io.cwd, loaded.spec.acme?.store ?? builtIn.acme.store);
}
