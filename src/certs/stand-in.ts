/** Self-signed certificates in the store, so that nginx starts before a real one is there. */
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { remove, syncFolder, temporaryIn, writeNew } from '../files/durable.ts';
import { certificateFiles } from '../model/store-paths.ts';
import { selfSigned } from './self-signed.ts';
import { inStore } from './store-failure.ts';
import { type CertificateStore, certificateFolder, folderIn } from './store-folder.ts';
import { switchTo } from './versions.ts';

export interface StandIn {
  readonly name: string;
  readonly hosts: readonly string[];
  /** A `self-signed` one is what a spec asks for; a stand-in waits for a CA's. */
  readonly kind: 'stand-in' | 'self-signed';
}

/** Whether nginx finds a certificate and a key of this name in the store at this path, wherever the link leads. */
export function isServed(store: string, name: string): boolean {
  const { certificate, key } = certificateFiles(store, name);
  return existsSync(certificate) && existsSync(key);
}

/** Days. */
export const validity = { 'stand-in': 90, 'self-signed': 365 };

const marks = {
  'stand-in': { organization: 'not a real certificate', commonName: 'keepgate stand-in' },
  'self-signed': { organization: 'keepgate', commonName: 'self-signed by keepgate' },
};

/**
 * Makes a self-signed certificate, clearly marked as one, and serves it. Whatever stood in its folder is replaced: it was not
 * served. Only for the holder of the lock.
 * @throws KeepgateError store-not-writable (4), store-damaged (4)
 */
export function serveStandIn(store: CertificateStore, { name, hosts, kind }: StandIn, now: Date): void {
  certificateFolder(store, name);
  const { certificate, key } = selfSigned(hosts, { now, days: validity[kind], ...marks[kind] });
  inStore(() => {
    const parent = folderIn(store, kind);
    const before = temporaryIn(parent);
    const folder = join(parent, name);
    try {
      mkdirSync(before, { mode: 0o700 });
      writeNew(join(before, 'fullchain.pem'), certificate);
      writeNew(join(before, 'privkey.pem'), key);
      syncFolder(before);
      if (lstatSync(folder, { throwIfNoEntry: false })) remove(folder);
      renameSync(before, folder);
    } catch (error) {
      rmSync(before, { recursive: true, force: true });
      throw error;
    }
    syncFolder(parent);
  });
  switchTo(store, name, kind);
}
