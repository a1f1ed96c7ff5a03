import { statSync } from 'node:fs';
import { posix } from 'node:path';

/** The user and group id of who owns nothing. */
export const nobody = 65534;

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
