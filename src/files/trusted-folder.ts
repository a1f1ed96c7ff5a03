/**
 * Whose a folder is. The way to it is gone from `/` on, one folder in the other, and each is held while the next is looked for: what is
 * exchanged meanwhile leads nowhere else, and what was looked at is what is worked in.
 */
import { lstatSync, mkdirSync, readlinkSync, rmdirSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { word } from '../shell-word.ts';
import { syncFolder } from './durable.ts';
import { codeOf } from './errno.ts';
import { type HeldFolder, holdFolder, passBelow, releaseFolder } from './held-folder.ts';
import { isTrustedUser, othersMayWrite, whoElse } from './trust.ts';

/** Who else decides what lies at a path. */
export interface Distrust {
  /** The folder, or the one on the way to it, that somebody else may change. */
  readonly folder: string;
  /** In words that go on from it: "belongs to user 1000". */
  readonly why: string;
  /** The command that ends it. */
  readonly remedy: string;
}

/** A folder that is held, and whose it is. */
export interface WalkedFolder extends HeldFolder {
  /** Where it is, without links. */
  readonly real: string;
  /** undefined: only root and this process's user can change what lies there. */
  readonly distrust: Distrust | undefined;
  /** Takes away the folders that were made on the way, those that are empty. */
  readonly unmake: () => void;
  /** Lets go of it. */
  readonly release: () => void;
}

export interface WalkOptions {
  /** Makes the folders that are missing, with this mode. */
  readonly make?: number;
  /** The folder itself may be no link, whoever made it. */
  readonly noLink?: boolean;
  /**
   * To read a file in it. Whether it may be listed does not matter then, and a link of ours in a sticky folder of ours is followed as well:
   * Kubernetes has secrets there.
   */
  readonly toRead?: boolean;
}

interface Step extends HeldFolder {
  readonly real: string;
}

/** As the kernel has it (path_resolution(7)). */
const mostLinks = 40;

/**
 * Holds the folder at this absolute path. A link on the way is followed where root or this user made it and nobody else could have
 * put it there; any other is refused.
 * @throws an error with a code, and as its path what is in the way: ENOENT, ENOTDIR, ELOOP, EACCES …
 */
export function walkTo(path: string, { make, noLink = false, toRead = false }: WalkOptions = {}): WalkedFolder {
  const held: HeldFolder[] = [];
  const made: { readonly parent: HeldFolder; readonly name: string }[] = [];
  const unmake = (): void => {
    for (const { parent, name } of made.reverse()) removeEmpty(join(parent.path, name));
    made.length = 0;
  };
  const release = (): void => {
    for (const folder of held) releaseFolder(folder);
    held.length = 0;
  };
  const hold = <T extends HeldFolder>(folder: T): T => {
    held.push(folder);
    return folder;
  };
  let distrust: Distrust | undefined;
  let links = 0;
  try {
    const root: Step = { ...hold(passBelow(undefined, '/')), real: '/' };
    const way = [root];
    const left = namesOf(path);
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const here = way.at(-1) ?? root;
      if (name === '..') {
        if (way.length > 1) way.pop();
        continue;
      }
      const real = join(here.real, name);
      const place = join(here.path, name);
      distrust ??= distrustOf(here, 'on the way');
      const stats = attempt(real, () => lstatSync(place, { throwIfNoEntry: false }));
      if (stats === undefined && make !== undefined) {
        attempt(real, () => mkdirSync(place, make));
        made.push({ parent: here, name });
        attempt(here.real, () => syncFolder(here.path));
      }
      if (stats?.isSymbolicLink()) {
        const isLast = left.length === 0 && noLink;
        const isOurs = distrust === undefined && isOwnLink(here, stats) && (toRead || !othersMayWrite(here));
        if (isLast || !isOurs || ++links > mostLinks) throw Object.assign(failure(real, 'ELOOP'), { distrust });
        const to = attempt(real, () => readlinkSync(place));
        left.unshift(...namesOf(to));
        if (isAbsolute(to)) way.length = 1;
        continue;
      }
      way.push({ ...hold(attempt(real, () => passBelow(here, name ?? ''))), real });
    }
    const end = way.at(-1) ?? root;
    const { path: place, real } = end;
    const folder: Step = toRead ? end : { ...hold(attempt(real, () => holdFolder(place, 0, real))), real };
    distrust ??= distrustOf(folder, 'at the end');
    return { ...folder, distrust, unmake, release };
  } catch (error) {
    unmake();
    release();
    throw error;
  }
}

/**
 * Whether a link in a held folder is ours, and nobody else could have put it there or can exchange it. In a sticky folder others can't take
 * a link of ours away, but could have given a second name to one that leads where they want.
 */
export function isOwnLink(folder: HeldFolder, link: Pick<Stats, 'uid' | 'nlink'>): boolean {
  if (!isTrustedUser(folder.uid) || !isTrustedUser(link.uid)) return false;
  return !othersMayWrite(folder) || (isSticky(folder) && link.nlink === 1);
}

const isSticky = ({ mode }: HeldFolder): boolean => (mode & 0o1000) !== 0;

/** Why `walkTo` refused a link that another user could have put there, in words; undefined for any other failure. */
export function linkOfAnother(error: unknown): string | undefined {
  if (!(error instanceof Error && 'distrust' in error && 'path' in error)) return undefined;
  const { folder, why } = (error.distrust ?? {}) as Partial<Distrust>;
  return folder === undefined ? undefined : `${error.path} is a symbolic link, and ${folder}, where it lies, ${why}`;
}

/** On the way a sticky folder such as /tmp will do: nobody takes away or renames there what is not theirs. */
function distrustOf(folder: Step, where: 'on the way' | 'at the end'): Distrust | undefined {
  const why = whoElse(folder);
  const isKept = isSticky(folder) && isTrustedUser(folder.uid);
  if (why === undefined || (isKept && where === 'on the way')) return undefined;
  return { folder: folder.real, why, remedy: remedyFor(folder.real, folder) };
}

/** The command after which nobody else can write there. */
export const remedyFor = (path: string, { uid }: { readonly uid: number }): string =>
  `${isTrustedUser(uid) ? 'chmod go-w' : 'chown root'} ${word(path)}`;

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (codeOf(error) === '') throw error;
  }
}

const failure = (path: string, code: string): Error => Object.assign(new Error(`${code}: ${path}`), { code, path });

/** The path that is worked with says nothing to a reader. */
function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw codeOf(error) === '' ? error : failure(path, codeOf(error));
  }
}
