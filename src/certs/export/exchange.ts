/** Several files exchanged for new ones: all of them, or none. */
import { linkSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { temporaryIn } from '../../files/durable.ts';
import { notWritable } from './not-writable.ts';

export interface Exchange {
  /** As messages name it. */
  readonly shown: string;
  readonly path: string;
  /** The new file, whole, in the same folder. */
  readonly before: string;
}

/**
 * In this order. What was there stays beside them until all are exchanged, and is put back when one can't be: it may be the only
 * copy of a key.
 * @returns lets go of what was there
 * @throws KeepgateError export-not-writable (4)
 */
export function exchange(files: readonly Exchange[]): () => void {
  const asides: (string | undefined)[] = [];
  let renamed = 0;
  let shown = '';
  try {
    for (const file of files) {
      shown = file.shown;
      if (lstatSync(file.path, { throwIfNoEntry: false })?.isDirectory()) throw isFolder();
    }
    // The last one needs none: nothing can fail after it.
    for (const file of files.slice(0, -1)) {
      shown = file.shown;
      asides.push(setAside(file));
    }
    for (const file of files) {
      shown = file.shown;
      renameSync(file.before, file.path);
      renamed += 1;
    }
  } catch (error) {
    const lost = files.flatMap((file, index) => putBack(file, asides[index], index < renamed));
    throw notWritable(shown, error, lost.length > 0 ? lost.join(' ') : undefined);
  }
  return () => {
    for (const aside of asides) if (aside !== undefined) rmSync(aside, { force: true });
  };
}

const isFolder = () => Object.assign(new Error('it is a folder'), { code: 'EISDIR' });

/** A second name for what is there, so that it is there without a gap. */
function setAside({ path }: Exchange): string | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const aside = temporaryIn(dirname(path));
  try {
    linkSync(path, aside);
  } catch {
    // The file system has no second names, or Linux allows none for a file of another user's.
    renameSync(path, aside);
  }
  return aside;
}

/** @returns where what was there is, when it can't be put back */
function putBack({ path, shown }: Exchange, aside: string | undefined, isNew: boolean): string[] {
  try {
    if (aside !== undefined) {
      renameSync(aside, path);
      // Of two names of the same file rename takes none away.
      rmSync(aside, { force: true });
    } else if (isNew) rmSync(path, { force: true });
    return [];
  } catch {
    return [
      aside === undefined
        ? `${shown} is new, and could not be taken away.`
        : `What was ${shown} is now ${join(dirname(shown), basename(aside))}: put it back.`,
    ];
  }
}
