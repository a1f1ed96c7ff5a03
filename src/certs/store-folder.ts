/** The folder of the store: whose it is, who may enter, and where in it things lie. */
import { accessSync, constants, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { type Durability, syncFolder } from '../files/durable.ts';
import { codeOf } from '../files/errno.ts';
import { isTrustedUser } from '../files/trust.ts';
import { type Distrust, type WalkedFolder, walkTo } from '../files/trusted-folder.ts';
import { checkCertificateName } from './certificate-name.ts';
import { keepHeld, shownPath } from './held-stores.ts';
import { inStore, notFolder, notUsable, notWritable, refusedLink } from './store-failure.ts';

export interface CertificateStore {
  /** Absolute: as messages, commands and configurations name it. */
  readonly root: string;
  /** The path to work with: it leads to the folder that was looked at, whatever is put in its place meanwhile. */
  readonly held: string;
  /** Who else could take the store away, or put another in its place. */
  readonly distrust?: Distrust | undefined;
}

/**
 * The store at this path. To write, its folder is made when it is missing (0700). It is refused when another user could have
 * put something there; a store that does not exist is, to read, an empty one. Below another user's folder no link is followed.
 * @throws KeepgateError store-not-writable (4), store-not-usable (4) when others may write to it or it is no folder
 */
export function openStore(path: string, { write = true }: { write?: boolean } = {}): CertificateStore {
  const root = resolve(path);
  return inStore(() => {
    const folder = walkIfAny(root) ?? (write ? made(root) : undefined);
    if (folder === undefined) return { root, held: nowhere };
    try {
      checkOwn(root, lstatSync(`${folder.path}/.`), write ? 'write' : 'read');
      if (write) accessSync(folder.path, constants.W_OK | constants.X_OK);
      return { root, held: keepHeld(folder, root), distrust: folder.distrust };
    } catch (error) {
      folder.release();
      throw error;
    }
  });
}

/** Nothing is ever there. */
const nowhere = '/proc/self/fd/none';

function walkIfAny(root: string): WalkedFolder | undefined {
  try {
    return walkTo(root);
  } catch (error) {
    const isBefore = codeOf(error) === 'ENOTDIR' && !(error instanceof Error && 'path' in error && error.path === root);
    if (codeOf(error) === 'ENOENT' || isBefore) return undefined;
    if (codeOf(error) === 'ENOTDIR') throw notFolder(root);
    throw refusedLink(root, error) ?? error;
  }
}

function made(root: string): WalkedFolder {
  const parent = parentOf(root);
  try {
    makeFolder(join(parent.path, basename(root)));
  } finally {
    parent.release();
  }
  return walkIfAny(root) ?? refuseParent(root);
}

function parentOf(root: string): WalkedFolder {
  try {
    return walkTo(dirname(root), { make: 0o755 });
  } catch (error) {
    if (['EEXIST', 'ENOTDIR', 'ENOENT'].includes(codeOf(error))) return refuseParent(root);
    throw refusedLink(root, error) ?? error;
  }
}

function refuseParent(root: string): never {
  throw notWritable(root, `no folder ${dirname(root)} can be made`);
}

/** The folder of a certificate's own files. @throws KeepgateError certificate-name (2), store-not-usable (4) */
export function certificateFolder(store: CertificateStore, name: string): string {
  checkCertificateName(name);
  return folderBelow(store, 'certificates', name);
}

/**
 * The path of a folder below the store's. One on the way that another user could have put there, or a link, is refused; one that is
 * missing is not. Those that are good stay so: nobody else can change them. @throws KeepgateError store-not-usable (4)
 */
export function folderBelow(store: CertificateStore, ...parts: readonly string[]): string {
  let path = store.held;
  for (const part of parts) {
    path = join(path, part);
    if (good.get(store)?.has(path)) continue;
    const stats = inStore(() => lstatSync(path, { throwIfNoEntry: false }));
    if (stats === undefined) continue;
    checkOwn(path, stats, 'read');
    remember(store, path);
  }
  return path;
}

const good = new WeakMap<CertificateStore, Set<string>>();

function remember(store: CertificateStore, path: string): void {
  const paths = good.get(store) ?? new Set();
  good.set(store, paths.add(path));
}

/** Where the accounts at CAs lie. @throws KeepgateError store-not-usable (4) */
export const accountsIn = (store: CertificateStore): string => folderBelow(store, 'accounts');

/** Makes folders of mode 0700 below the store's, one in the other, and returns the path of the last. */
export function folderIn({ held }: CertificateStore, ...parts: readonly string[]): string {
  return parts.reduce((folder, part) => ownFolderIn(folder, part, 'now'), held);
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
  checkOwn(path, lstatSync(path), 'write');
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

/** Root's store is as good to read as one's own. */
function checkOwn(path: string, stats: Stats, access: 'read' | 'write'): void {
  const user = process.geteuid?.();
  const shown = shownPath(path);
  if (!stats.isDirectory()) throw notFolder(shown);
  const isFine = access === 'read' ? isTrustedUser(stats.uid) : user === undefined || stats.uid === user;
  if (!isFine) {
    if (user !== 0 && access === 'write') throw notWritable(shown, `it belongs to user ${stats.uid}`);
    throw notUsable(
      shown,
      `belongs to user ${stats.uid}, who could exchange the keys in it`,
      'Name a store of your own with --store DIR, or run the command as that user. What is there is not to be believed.',
    );
  }
  if ((stats.mode & 0o022) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw notUsable(
      shown,
      `can be changed by others (mode ${mode}), who could exchange the keys in it`,
      `chmod 700 ${shown}`,
    );
  }
}
