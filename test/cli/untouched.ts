import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

/** What nginx writes to when nobody holds it back. */
const watched = ['/etc/nginx', '/var/log', '/run'];

/** By path: inode, owner, mode, times and contents of everything in the watched folders that this user may see. */
function snapshot(): Map<string, string> {
  const entries = new Map<string, string>();
  const look = (path: string): void => {
    let children: string[] = [];
    try {
      const stats = lstatSync(path, { bigint: true });
      const { ino, uid, gid, mode, size, mtimeNs, ctimeNs } = stats;
      const contents =
        stats.isFile() && size < 20_000_000n ? hash(path) : stats.isSymbolicLink() ? readlinkSync(path) : '';
      entries.set(path, [ino, uid, gid, mode, size, mtimeNs, ctimeNs, contents].join(' '));
      if (stats.isDirectory()) children = readdirSync(path);
    } catch {
      entries.set(path, 'out of sight');
    }
    for (const name of children) look(join(path, name));
  };
  for (const path of watched) look(path);
  return entries;
}

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

function differences(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}

/**
 * Runs something, and expects that no entry of /etc/nginx, /var/log and /run is another one, or was touched. What changes
 * without it, such as the journal of a machine that lives, does not count.
 */
export async function expectUntouched<T>(action: () => Promise<T>): Promise<T> {
  const before = snapshot();
  expect(before.size).toBeGreaterThan(3);
  const result = await action();
  let changed = differences(before, snapshot());
  for (let attempt = 0; changed.length > 0 && attempt < 5; attempt++) {
    const calm = snapshot();
    await delay(2000);
    const restless = new Set(differences(calm, snapshot()));
    changed = changed.filter((path) => !restless.has(path));
  }
  expect(changed).toEqual([]);
  return result;
}
