/** A spec that is there already, read and replaced as a file, in a folder that is held: it may be another user's. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { KeepgateError } from '../../diagnostic.ts';
import { codeOf, reasonOf } from '../../files/errno.ts';
import { type Attributes, Staging } from '../../files/staging.ts';
import { type WalkedFolder, walkTo } from '../../files/trusted-folder.ts';
import { notWritable } from '../write-new.ts';

export interface Existing extends Attributes {
  readonly bytes: Uint8Array;
  /** With the byte order mark, if there is one. */
  readonly text: string;
}

/** What is larger, the loader refuses. */
const largest = 1_000_000;

/** Holds the folder of a spec that is to be written; its `release` lets go. @throws KeepgateError not-writable (4) */
export function holdSpecFolder(path: string, shown: string): WalkedFolder {
  try {
    return walkTo(path);
  } catch (error) {
    throw notWritable(shown, error);
  }
}

/**
 * `place`: its path below the folder that is held. Undefined where there is none. What is too large or no UTF-8 is the loader's to tell.
 * @throws KeepgateError spec-exists for what is no file (1), spec-not-readable (1)
 */
export function readExisting(place: string, shown: string): Existing | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw noFile(shown, 'it is a symbolic link');
    if (code === '') throw error;
    const message = `${shown} can't be read: ${reasonOf(code)}`;
    throw new KeepgateError(1, { code: 'spec-not-readable', message });
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw noFile(shown, 'it is no regular file');
    const { mode, uid, gid } = stats;
    const bytes = stats.size > largest ? new Uint8Array(largest + 1) : readFileSync(descriptor);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    return { bytes, text, mode: mode & 0o7777, uid, gid };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Puts another text in its place, whole or not at all, with the same owner and mode.
 * @throws KeepgateError spec-exists when it is not as it was read (1), not-writable (4)
 */
export function replaceExisting(place: string, shown: string, existing: Existing, text: string): void {
  const staging = new Staging();
  try {
    staging.file(place, text, existing);
    if (readExisting(place, shown)?.text !== existing.text) throw noFile(shown, 'it was changed meanwhile');
    staging.commit([place]);
  } catch (error) {
    const code = codeOf(error);
    if (code === '') throw error;
    throw new KeepgateError(4, { code: 'not-writable', message: `${shown} can't be written: ${reasonOf(code)}` });
  } finally {
    staging.discard();
  }
}

const noFile = (shown: string, why: string): KeepgateError =>
  new KeepgateError(1, {
    code: 'spec-exists',
    message: `no site was added to ${shown}: ${why}`,
    help: 'Add the site yourself and run keepgate up without --host, or run the same command again.',
  });
