import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { printable } from '../nginx/printable.ts';

/** As many symbolic links as Linux follows. */
const mostLinks = 40;

/**
 * Where an absolute path leads, if nobody but root and this user can change what is there: the file, every folder on the
 * way to it, through symbolic links too, belongs to one of the two and nobody else may write to it. A sticky folder of
 * root's, such as /tmp, may be above a folder alone: nobody else can remove or replace that, and folders have no second
 * names. Access lists need no look of their own: the group's bits are their upper limit (acl(5)).
 * @throws KeepgateError hook-missing, hook-unsafe (4), with the command that mends it
 */
export function trustedFile(path: string): string {
  const user = process.geteuid?.() ?? 0;
  const rest = path.split('/').filter((part) => part !== '' && part !== '.');
  let current = '/';
  let stats = look('/');
  for (let links = 0; ; ) {
    refuseStrangers(current, stats, user);
    const part = rest.shift();
    if (part === undefined) break;
    if (!stats.isDirectory()) throw missing(path, `${printable(current)} is not a folder`);
    const sticky = stats.isDirectory() && (stats.mode & 0o022) !== 0;
    const next = part === '..' ? dirname(current) : join(current, part);
    const found = look(next);
    if (sticky && !found.isDirectory())
      throw unsafe(
        current,
        'others can write to it',
        'Put the hook into a folder that only root and you can write to.',
      );
    if (found.isSymbolicLink()) {
      if (++links > mostLinks) throw missing(path, 'its symbolic links lead in a circle');
      refuseStrangers(next, found, user);
      const target = readlinkSync(next);
      rest.unshift(...target.split('/').filter((word) => word !== '' && word !== '.'));
      if (target.startsWith('/')) current = '/';
    } else current = next;
    stats = look(current);
  }
  if (!stats.isFile()) throw missing(path, 'it is not a regular file');
  return current;
}

function refuseStrangers(path: string, stats: Stats, user: number): void {
  if (stats.uid !== 0 && stats.uid !== user) {
    const owner = `user ${stats.uid}, who is neither root nor the one that runs keepgate`;
    throw unsafe(path, `it belongs to ${owner}`, `Run: chown -h ${user === 0 ? 'root' : user} ${quoted(path)}`);
  }
  if (stats.isSymbolicLink() || (stats.mode & 0o022) === 0) return;
  if (stats.isDirectory() && stats.uid === 0 && (stats.mode & 0o1000) !== 0) return;
  throw unsafe(path, 'others can write to it', `Run: chmod go-w ${quoted(path)}`);
}

function look(path: string): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw missing(path, code === 'EACCES' ? 'this user may not look there' : 'there is no such file');
  }
}

function unsafe(path: string, why: string, help: string): KeepgateError {
  const message = `the hook is not run, because ${printable(path)} is not safe: ${why}`;
  return new KeepgateError(4, { code: 'hook-unsafe', message, help });
}

function missing(path: string, why: string): KeepgateError {
  return new KeepgateError(4, {
    code: 'hook-missing',
    message: `the hook ${printable(path)} can't be run: ${why}`,
    help: 'Name the absolute path of a program or script.',
  });
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${printable(path).replaceAll("'", `'\\''`)}'`);
