/** What the doctor knows before it connects to anything. */
import { X509Certificate } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { isFor } from '../../../certs/chain.ts';
import { type CertificateStore, liveVersion, names } from '../../../certs/store.ts';
import { readStored } from '../../../certs/stored-file.ts';
import { type Diagnostic, KeepgateError } from '../../../diagnostic.ts';
import { readIn } from '../../../domino/change.ts';
import { configuredKeyStore } from '../../../domino/configured-key-store.ts';
import { closeFolder, openFolder } from '../../../domino/folder.ts';
import { type Installation, installationOf } from '../../../domino/installation.ts';
import type { OpenedKeyStore } from '../../../domino/key-store-contents.ts';
import { readConfig } from '../../../domino/read-keepconfig.ts';
import type { Io } from '../../io.ts';
import { type StoreOptions, storeFor } from '../../store-option.ts';
import { environmentOf } from './data-options.ts';

interface Configuration {
  readonly installation: Installation | undefined;
  readonly keyStore: OpenedKeyStore | undefined;
  /** The bytes of notes.ini. */
  readonly notesIni: Buffer | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The files of the API, held open while they are read; nothing without a data folder.
 * @throws KeepgateError domino-folder, domino-file-kind, domino-env-file (1)
 */
export async function configurationOf(
  { data, environmentFile }: { data?: string; environmentFile?: string },
  io: Io,
): Promise<Configuration> {
  if (data === undefined) return { installation: undefined, keyStore: undefined, notesIni: undefined, diagnostics: [] };
  const folder = openFolder(resolve(io.cwd, data), data);
  try {
    const { overlays, diagnostics } = readConfig(folder, false);
    const layers = { overlays, environment: environmentOf(environmentFile, io) };
    const installation = installationOf(layers);
    const notesIni = readIn(folder, 'notes.ini')?.bytes;
    const keyStore = await configuredKeyStore(layers, folder);
    return { installation, keyStore, notesIni, diagnostics: [...diagnostics, ...installation.diagnostics] };
  } finally {
    closeFolder(folder);
  }
}

export interface CertificateOptions extends StoreOptions {
  readonly name?: string;
  readonly fromOutside: boolean;
}

/**
 * Fingerprints of the named certificate of the store, or of all in it that are for one of the hosts. From outside there is no store unless one is
 * named, and one that this user can't read is a remark.
 * @throws KeepgateError certificate-unknown (2) for the named one; of a store that was asked for
 */
export async function expectedCertificates(
  hosts: readonly string[],
  { name, fromOutside, ...options }: CertificateOptions,
  io: Io,
): Promise<{ readonly fingerprints: readonly string[]; readonly diagnostics: readonly Diagnostic[] }> {
  const asked = name !== undefined || options.store !== undefined;
  if (fromOutside && !asked) return { fingerprints: [], diagnostics: [] };
  const store = await storeFor(options, io, { write: false });
  try {
    const found = name === undefined ? allFor(store, hosts) : [named(store, name)];
    return { fingerprints: found, diagnostics: [] };
  } catch (error) {
    if (asked || !(error instanceof KeepgateError)) throw error;
    return { fingerprints: [], diagnostics: [{ ...error.diagnostic, severity: 'info' }] };
  }
}

function named(store: CertificateStore, name: string): string {
  const live = names(store).includes(name) ? liveVersion(store, name) : undefined;
  if (typeof live === 'object') return live.meta.fingerprint;
  throw new KeepgateError(2, {
    code: 'certificate-unknown',
    message: `${store.root} serves no certificate "${name}"`,
    help: 'keepgate cert list shows what there is.',
  });
}

function allFor(store: CertificateStore, hosts: readonly string[]): string[] {
  return names(store).flatMap((name) => {
    const live = liveVersion(store, name);
    if (typeof live !== 'object') return [];
    const leaf = new X509Certificate(readStored(join(live.folder, 'cert.pem')) ?? '');
    return hosts.some((host) => isFor(leaf, host)) ? [leaf.fingerprint256] : [];
  });
}

/** Addresses of this machine that others can use; those of one link alone need a zone to be used. */
export const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ internal, address }) => !internal && !/^fe80:/i.test(address)).map(({ address }) => address),
  );
