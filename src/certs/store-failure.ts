/** What goes wrong with the store, in words. */
import { KeepgateError } from '../diagnostic.ts';
import { codeOf } from '../files/errno.ts';
import { linkOfAnother } from '../files/trusted-folder.ts';
import { shownPath } from './held-stores.ts';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to',
  EPERM: 'this user has no right to',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
};

const oddities: Readonly<Record<string, string>> = {
  ELOOP: 'it is not a regular file',
  ENOENT: 'it was taken away meanwhile',
};

/** Turns what a file system refuses into words. */
export function inStore<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw inWords(error);
  }
}

/** The same for what takes its time. */
export async function soonInStore<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw inWords(error);
  }
}

function inWords(error: unknown): unknown {
  const code = codeOf(error);
  if (code === '' || !(error instanceof Error) || error instanceof KeepgateError) return error;
  const path = shownPath('path' in error ? String(error.path) : '');
  const reason = reasons[code];
  if (reason !== undefined) return notWritable(path, reason);
  return damaged(path, oddities[code] ?? code);
}

export const notWritable = (path: string, reason: string): KeepgateError =>
  new KeepgateError(4, {
    code: 'store-not-writable',
    message: `${path}, in the store of certificates, can't be used: ${reason}`,
    help: 'Run it as root (sudo), or name a store of your own: --store DIR, or "store" below "acme" in the spec.',
  });

export const notFolder = (path: string): KeepgateError =>
  notUsable(path, 'is not a folder', 'Move it away, or name another store: --store DIR');

export const notUsable = (path: string, reason: string, help: string): KeepgateError =>
  new KeepgateError(4, { code: 'store-not-usable', message: `${path}, in the store of certificates, ${reason}`, help });

/** Something in the store is not what keepgate puts there. */
export const damaged = (path: string, reason: string): KeepgateError =>
  new KeepgateError(4, {
    code: 'store-damaged',
    message: `${shownPath(path)}, in the store of certificates, is damaged: ${reason}`,
    help: 'Put it back from a backup, or move it away and get the certificate anew.',
  });

/** That a link on the way to the store is another user's; undefined for any other failure. */
export function refusedLink(root: string, error: unknown): KeepgateError | undefined {
  const link = linkOfAnother(error);
  return link === undefined
    ? undefined
    : new KeepgateError(4, {
        code: 'store-not-usable',
        message: `${root}, the store of certificates, is not used: ${link}`,
        help: 'Such a link is not followed: name the folder itself with --store DIR.',
      });
}
