import { closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Owner } from './durable.ts';

/** A folder that is held open: what is put in its place meanwhile leads nowhere else, whoever may write around it. */
export interface HeldFolder extends Owner {
  /** The path to work with: it leads to this folder, whatever its name leads to by now. */
  readonly path: string;
  readonly descriptor: number;
  readonly mode: number;
}

const byDescriptor = existsSync('/proc/self/fd');

/** Linux: one may hold a folder that one may pass and not list. Node has no name for it. */
const O_PATH = 0o10000000;

/**
 * `releaseFolder` lets go. With `flags`, such as O_NOFOLLOW, besides. `name`: the path to work with where there is no /proc.
 * Throws what `open` does.
 */
export function holdFolder(path: string, flags = 0, name = path): HeldFolder {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | flags);
  const { uid, gid, mode } = fstatSync(descriptor);
  return { path: byDescriptor ? `/proc/self/fd/${descriptor}` : name, descriptor, uid, gid, mode };
}

/** A folder in a held one, to work in. A link is refused: ENOTDIR, or ELOOP. Throws what `open` does. */
export const holdBelow = (folder: HeldFolder, name: string): HeldFolder =>
  holdFolder(join(folder.path, name), constants.O_NOFOLLOW);

/** The same, to pass through: it can't be listed or synced. */
export const passBelow = (folder: HeldFolder | undefined, name: string): HeldFolder =>
  holdFolder(folder ? join(folder.path, name) : name, constants.O_NOFOLLOW | (byDescriptor ? O_PATH : 0));

export const releaseFolder = ({ descriptor }: HeldFolder): void => closeSync(descriptor);
