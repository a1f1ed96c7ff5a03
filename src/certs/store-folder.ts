/** The folder of the store: whose it is, who may enter, and where in it things lie. */
import { accessSync, constants, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { type Durability, syncFolder } from '../files/durable.ts';
import { codeOf } from '../files/errno.ts';
import { checkCertificateName } from './certificate-name.ts';

export interface CertificateStore {
  /** Absolute. */
  readonly root: string;
}

/**
 * The store at this path. To write, its folder is made when it is missing (0700), and refused when another user could
 * have put something there; to read, nothing is made, and a store that does not exist is an empty one.
 * @throws KeepgateError store-not-writable (4), store-not-usable (4) when others may write to it or it is no folder
 */
export function openStore(path: string, { write = true }: { write?: boolean } = {}): CertificateStore {
  const root = resolve(path);
  if (write) {
    inStore({ root }, () => {
      makeParent(root);
      makeFolder(root);
      // The folder itself may be a link of the administrator's; what is below may not.
      checkOwn(root, statSync(root));
      accessSync(root, constants.W_OK | constants.X_OK);
    });
  }
  return { root };
}

/** The folder of a certificate's own files. @throws KeepgateError certificate-name (2) */
export function certificateFolder({ root }: CertificateStore, name: string): string {
  checkCertificateName(name);
  return join(root, 'certificates', name);
}

/** Makes folders of mode 0700 below the store's, one in the other, and returns the path of the last. */
export function folderIn({ root }: CertificateStore, ...parts: readonly string[]): string {
  return parts.reduce((folder, part) => ownFolderIn(folder, part, 'now'), root);
}

function makeParent(root: string): void {
  const parent = dirname(root);
  try {
    mkdirSync(parent, { recursive: true });
  } catch (error) {
    const isOdd = ['EEXIST', 'ENOTDIR', 'ENOENT'].includes(codeOf(error));
    throw isOdd ? notWritable(root, `no folder ${parent} can be made`) : error;
  }
}

/** Makes a certificate's own folder; the one that it is in has to be settled. @throws KeepgateError certificate-name (2) */
export function ownFolder(store: CertificateStore, name: string): string {
  checkCertificateName(name);
  return ownFolderIn(folderIn(store, 'certificates'), name, 'later');
}

/** One folder in a folder. */
export function ownFolderIn(folder: string, part: string, when: Durability): string {
  const path = join(folder, part);
  makeFolder(path, when);
  checkOwn(path, lstatSync(path));
  return path;
}

function makeFolder(path: string, when: Durability = 'now'): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  if (when === 'now') syncFolder(dirname(path));
}

function checkOwn(path: string, stats: Stats): void {
  const user = process.geteuid?.();
  if (!stats.isDirectory())
    throw notUsable(path, 'is not a folder', 'Move it away, or name another store: --store DIR');
  if (user !== undefined && stats.uid !== user) {
    if (user !== 0) throw notWritable(path, `it belongs to user ${stats.uid}`);
    throw notUsable(path, `belongs to user ${stats.uid}, who could exchange the keys in it`, `chown root ${path}`);
  }
  if ((stats.mode & 0o022) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw notUsable(
      path,
      `can be changed by others (mode ${mode}), who could exchange the keys in it`,
      `chmod 700 ${path}`,
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to',
  EPERM: 'this user has no right to',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
};

/** Turns what a file system refuses into words. */
export function inStore<T>(store: CertificateStore, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw inWords(store, error);
  }
}

/** The same for what takes its time. */
export async function soonInStore<T>(store: CertificateStore, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw inWords(store, error);
  }
}

function inWords({ root }: CertificateStore, error: unknown): unknown {
  const code = codeOf(error);
  if (code === '' || !(error instanceof Error) || error instanceof KeepgateError) return error;
  const path = 'path' in error ? String(error.path) : root;
  const reason = reasons[code];
  if (reason !== undefined) return notWritable(path, reason);
  return damaged(path, code === 'ELOOP' ? 'it is not a regular file' : code);
}

const notWritable = (path: string, reason: string): KeepgateError =>
  new KeepgateError(4, {
    code: 'store-not-writable',
    message: `${path}, in the store of certificates, can't be used: ${reason}`,
    help: 'Run it as root (sudo), or name a store of your own: --store DIR, or "store" below "acme" in the spec.',
  });

const notUsable = (path: string, reason: string, help: string): KeepgateError =>
  new KeepgateError(4, { code: 'store-not-usable', message: `${path}, in the store of certificates, ${reason}`, help });

/** Something in the store is not what keepgate puts there. */
export const damaged = (path: string, reason: string): KeepgateError =>
  new KeepgateError(4, {
    code: 'store-damaged',
    message: `${path}, in the store of certificates, is damaged: ${reason}`,
    help: 'Put it back from a backup, or move it away and get the certificate anew.',
  });
