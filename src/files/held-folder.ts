import { closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs';
import type { Owner } from './durable.ts';

/** A folder that is held open: what is put in its place meanwhile leads nowhere else, whoever may write around it. */
export interface HeldFolder extends Owner {
  /** The path to work with: it leads to this folder, whatever its name leads to by now. */
  readonly path: string;
  readonly descriptor: number;
}

const byDescriptor = existsSync('/proc/self/fd');

/** `releaseFolder` lets go. With `flags`, such as O_NOFOLLOW, besides. Throws what `open` does. */
export function holdFolder(path: string, flags = 0): HeldFolder {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | flags);
  const { uid, gid } = fstatSync(descriptor);
  return { path: byDescriptor ? `/proc/self/fd/${descriptor}` : path, descriptor, uid, gid };
}

export const releaseFolder = ({ descriptor }: HeldFolder): void => closeSync(descriptor);
