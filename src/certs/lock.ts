/** One writer at a time to the store. */
import { join } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { namesIn, sweep } from '../files/durable.ts';
import { type LockOptions, withFolderLock } from '../files/folder-lock.ts';
import type { ProcessIdentity } from '../files/process-identity.ts';
import { type CertificateStore, folderIn, inStore } from './store-folder.ts';

/**
 * Does the work while nobody else writes to the store, after what a crashed run left there was removed.
 * @throws KeepgateError store-locked (4), store-not-writable (4); the signal's reason when it is aborted
 */
export async function withLock<T>(store: CertificateStore, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const folder = inStore(store, () => folderIn(store, 'lock'));
  const guarded = {
    attempt: <R>(act: () => R): R => inStore(store, act),
    locked: (holder: ProcessIdentity, elsewhere: boolean) => lockedBy(store, folder, holder, elsewhere),
  };
  return withFolderLock(folder, options, guarded, () => {
    inStore(store, () => sweepStore(store));
    return work();
  });
}

function sweepStore({ root }: CertificateStore): void {
  const certificates = join(root, 'certificates');
  const folders = namesIn(certificates).map((name) => join(certificates, name));
  for (const folder of [root, ...['live', 'stand-in', 'self-signed'].map((name) => join(root, name)), certificates])
    sweep(folder);
  for (const folder of folders) for (const path of [folder, join(folder, 'versions')]) sweep(path);
}

function lockedBy(
  { root }: CertificateStore,
  folder: string,
  { pid }: ProcessIdentity,
  elsewhere: boolean,
): KeepgateError {
  return new KeepgateError(4, {
    code: 'store-locked',
    message: `process ${pid}${elsewhere ? ', of another container,' : ''} is at work in the store ${root}`,
    help: elsewhere
      ? `Wait for it. If that container is gone: rm -r ${folder}`
      : `Wait for it, or see what it is: ps -p ${pid}`,
  });
}
