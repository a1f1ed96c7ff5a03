import { homedir } from 'node:os';
import { posix } from 'node:path';

/**
 * The least that has to be seen for a program to run: `/usr` for the system's own, P for P/bin/x and P/sbin/x, which find
 * their libraries in P, else the file alone; never somebody's whole home folder, nor a whole top folder.
 */
export function programFolder(path: string): string {
  if (/^\/(usr|bin|sbin)\//.test(path)) return '/usr';
  const folder = posix.dirname(path);
  const prefix = posix.dirname(folder);
  const isHome = `${homedir()}/`.startsWith(`${prefix}/`) || /^\/(root|home\/[^/]+)(\/\.local)?$/.test(prefix);
  const isTop = prefix.lastIndexOf('/') === 0;
  return /^s?bin$/.test(posix.basename(folder)) && !isHome && !isTop ? prefix : path;
}
