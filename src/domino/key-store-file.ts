/** Whether the user that Domino runs as can read a key store; root would not notice. */
import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { Owner } from '../files/durable.ts';
import { codeOf } from '../files/errno.ts';

/** Findings about a file at an absolute path that the API is to open. */
export function keyStoreFile(path: string, owner: Owner): Diagnostic[] {
  const stats = look(path);
  if (stats === 'missing')
    return [problem(`there is no ${path}`, `Export it first: keepgate cert export NAME --as KIND --out ${path}`)];
  if (stats === 'closed') return [problem(`${path} can't be looked at by this user`, 'Run it as root (sudo).')];
  if (!stats.isFile()) return [problem(`${path} is not a file`, 'Name the file of the key store.')];
  const folders = ancestors(path).map((folder) => ({ path: folder, stats: look(folder), right: 0o1 }));
  const closed = [...folders, { path, stats, right: 0o4 }].find(
    (each) => typeof each.stats === 'object' && !mayDo(each.stats, each.right, owner),
  );
  if (!closed) return [];
  const what = closed.path === path ? 'read it' : `enter ${closed.path}`;
  return [
    problem(
      `${path} is closed to the user that Domino runs as (${owner.uid}), who may not ${what}`,
      'Keep it below the data folder, owned by that user and with mode 0600.',
    ),
  ];
}

function look(path: string): Stats | 'missing' | 'closed' {
  try {
    return statSync(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === '') throw error;
    return code === 'EACCES' ? 'closed' : 'missing';
  }
}

function ancestors(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [...ancestors(folder), folder];
}

/** Other groups of the user aren't known, so a right that only a group has is believed, but for root's. */
function mayDo(stats: Stats, right: number, { uid, gid }: Owner): boolean {
  if (uid === 0) return true;
  if (stats.uid === uid) return (stats.mode & (right << 6)) !== 0;
  const group = stats.gid === gid || stats.gid !== 0 ? right << 3 : 0;
  return (stats.mode & (right | group)) !== 0;
}

const problem = (message: string, help: string): Diagnostic => ({
  code: 'domino-key-store',
  severity: 'error',
  message,
  help,
});
