/** A file that decides what is written and removed: only root and this process's user may have written it. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { codeOf } from './errno.ts';
import { whoElse } from './trust.ts';

export type BelievedFile = { readonly text: string } | { readonly problem: string };

/** Bytes: more than any state that keepgate writes. */
const limit = 64_000_000;

/**
 * The text of a file in a trusted folder, or why it is not to be believed; undefined when there is none. `names`: how many it may have: a
 * file that is being replaced has two for a moment.
 */
export function readBelieved(path: string, { names = 1 }: { readonly names?: number } = {}): BelievedFile | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    // What a socket or a device without a driver says.
    if (code === 'ELOOP' || code === 'ENXIO') return { problem: odd(code) };
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { problem: 'it is not a regular file' };
    const who = whoElse(stats);
    if (who !== undefined) return { problem: `it ${who}` };
    if (stats.nlink > names) return { problem: 'it has a second name (a hard link)' };
    if (stats.size > limit) return { problem: 'it is larger than 64 MB' };
    return { text: readFileSync(descriptor, 'utf8') };
  } finally {
    closeSync(descriptor);
  }
}

const odd = (code: string): string => `it is not a regular file${code === 'ELOOP' ? ', but a symbolic link' : ''}`;
