import { readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import process from 'node:process';

/** The user and group id of who owns nothing. */
export const nobody = 65534;

/**
 * Whether this is a root who has rights to give up. The root of a user namespace of his own, as in a rootless container, has
 * those of an ordinary user, and knows no `nobody` (user_namespaces(7)).
 */
export function canBecomeNobody(): boolean {
  return process.getuid?.() === 0 && ['uid_map', 'gid_map'].every((name) => isMapped(`/proc/self/${name}`));
}

function isMapped(map: string): boolean {
  const ranges = readFileSync(map, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return ranges.some(([first = 0, , count = 0]) => first <= nobody && nobody < first + count);
}

/** Runs the command that follows with the rights of `nobody` (setpriv of util-linux). */
export const asNobody: readonly string[] = [
  'setpriv',
  `--reuid=${nobody}`,
  `--regid=${nobody}`,
  '--clear-groups',
  '--no-new-privs',
];

/** The folders above a path that `nobody` can't pass, and what is below them: outermost first, empty when he can pass all. */
export function closedAncestors(path: string): string[] {
  const ancestors = ancestorsOf(path);
  const closed = ancestors.findIndex((ancestor) => (statSync(ancestor).mode & 0o001) === 0);
  return closed < 0 ? [] : ancestors.slice(closed);
}

/** From the outermost inwards, without the root folder. */
function ancestorsOf(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === '/' ? [] : [...ancestorsOf(parent), parent];
}
