/** A spec that is there already, read and replaced as a file of a folder that is held meanwhile: it may be another user's. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KeepgateError } from '../../diagnostic.ts';
import { codeOf, reasonOf } from '../../files/errno.ts';
import { type Attributes, Staging } from '../../files/staging.ts';
import { linkOfAnother, walkTo } from '../../files/trusted-folder.ts';
import { notWritable } from '../write-new.ts';

export interface Existing extends Attributes {
  /** With the byte order mark, if there is one. */
  readonly text: string;
}

/** What is larger, the loader refuses. */
const largest = 1_000_000;

/**
 * Undefined where there is none. What is too large or no UTF-8 is the loader's to tell.
 * @throws KeepgateError spec-exists for what is no file (1), spec-not-readable (1)
 */
export function readExisting(path: string, shown: string): Existing | undefined {
  try {
    return inFolderOf(path, (place) => readAt(place, shown));
  } catch (error) {
    const code = codeOf(error);
    if (code === '') throw error;
    if (code === 'ENOENT') return undefined;
    const message = `${shown} can't be read: ${linkOfAnother(error) ?? reasonOf(code)}`;
    throw new KeepgateError(1, { code: 'spec-not-readable', message });
  }
}

/** `work` gets the path to work with; no link on the way to it is one that another user could have made. */
function inFolderOf<T>(path: string, work: (place: string) => T): T {
  const folder = walkTo(dirname(path));
  try {
    return work(join(folder.path, basename(path)));
  } finally {
    folder.release();
  }
}

function readAt(path: string, shown: string): Existing | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ELOOP') throw noFile(shown, 'it is a symbolic link');
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw noFile(shown, 'it is no regular file');
    const { mode, uid, gid } = stats;
    const bytes = stats.size > largest ? new Uint8Array() : readFileSync(descriptor);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    return { text, mode: mode & 0o7777, uid, gid };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Puts another text in its place, whole or not at all, with the same owner and mode.
 * @throws KeepgateError spec-exists when it is not as it was read (1), not-writable (4)
 */
export function replaceExisting(path: string, shown: string, existing: Existing, text: string): void {
  try {
    inFolderOf(path, (place) => {
      const staging = new Staging();
      try {
        staging.file(place, text, existing);
        if (!isSame(readAt(place, shown), existing)) throw noFile(shown, 'it was changed meanwhile');
        staging.commit([place]);
      } finally {
        staging.discard();
      }
    });
  } catch (error) {
    throw notWritable(shown, error);
  }
}

const isSame = (now: Existing | undefined, { text, mode, uid, gid }: Existing): boolean =>
  now?.text === text && now.mode === mode && now.uid === uid && now.gid === gid;

const noFile = (shown: string, why: string): KeepgateError =>
  new KeepgateError(1, {
    code: 'spec-exists',
    message: `no site was added to ${shown}: ${why}`,
    help: 'Add the site yourself and run keepgate up without --host, or run the same command again.',
  });
