/** One writer at a time to the store. */
import { KeepgateError } from '../diagnostic.ts';
import { namesIn, sweep } from '../files/durable.ts';
import { type LockOptions, withFolderLock } from '../files/folder-lock.ts';
import type { ProcessIdentity } from '../files/process-identity.ts';
import { isCertificateName } from './certificate-name.ts';
import { shownPath } from './held-stores.ts';
import { inStore } from './store-failure.ts';
import { type CertificateStore, folderBelow, folderIn } from './store-folder.ts';

/**
 * Does the work while nobody else writes to the store, after what a crashed run left there was removed.
 * @throws KeepgateError store-locked (4), store-not-writable (4); the signal's reason when it is aborted
 */
export async function withLock<T>(store: CertificateStore, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const folder = inStore(() => folderIn(store, 'lock'));
  const guarded = {
    attempt: <R>(act: () => R): R => inStore(act),
    locked: (holder: ProcessIdentity, elsewhere: boolean) => lockedBy(store, folder, holder, elsewhere),
  };
  return withFolderLock(folder, options, guarded, () => {
    inStore(() => sweepStore(store));
    return work();
  });
}

function sweepStore(store: CertificateStore): void {
  sweep(store.held, { folders: true });
  for (const name of ['live', 'stand-in', 'self-signed', 'certificates'])
    sweep(folderBelow(store, name), { folders: true });
  for (const name of namesIn(folderBelow(store, 'certificates')).filter(isCertificateName)) {
    try {
      for (const below of [[name], [name, 'versions']])
        sweep(folderBelow(store, 'certificates', ...below), { folders: true });
    } catch (error) {
      // One that is not ours hinders none of the others; whoever asks for it is told.
      if (!(error instanceof KeepgateError)) throw error;
    }
  }
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
      ? `Wait for it. If that container is gone: rm -r ${shownPath(folder)}`
      : `Wait for it, or see what it is: ps -p ${pid}`,
  });
}
