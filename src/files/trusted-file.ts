/** Whether what a path leads to can be changed by nobody but root and the user that runs this. */
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { codeOf } from './errno.ts';

/** What stands against a path: where, why, and the command that mends it where there is one, without the path behind it. */
export interface Untrusted {
  /** `open`: others may write to it. */
  readonly kind: 'missing' | 'stranger' | 'open';
  readonly at: string;
  readonly why: string;
  readonly mend?: string;
}

export type Trust = { readonly trusted: true; readonly path: string } | ({ readonly trusted: false } & Untrusted);

/** As many symbolic links as Linux follows. */
const mostLinks = 40;

/**
 * Where an absolute path leads, if nobody but root and this user can change what is there: the file, every folder on the
 * way to it, through symbolic links too, belongs to one of the two and nobody else may write to it. A sticky folder of
 * root's, such as /tmp, may be above a folder alone: nobody else can remove or replace that, and folders have no second
 * names. Access lists need no look of their own: the group's bits are their upper limit (acl(5)).
 */
export function trustedFile(path: string): Trust {
  try {
    return { trusted: true, path: follow(path) };
  } catch (error) {
    if (error instanceof Refusal) return { trusted: false, ...error.found };
    throw error;
  }
}

/** The same for every file and folder below one that is trusted itself; undefined when nothing stands against them. */
export function untrustedBelow(folder: string): Untrusted | undefined {
  try {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, entry);
      const stats = look(path, path);
      refuseStrangers(path, stats);
      if (stats.isSymbolicLink()) follow(path);
    }
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.found;
    throw error;
  }
}

class Refusal extends Error {
  readonly found: Untrusted;

  constructor(found: Untrusted) {
    super(found.why);
    this.found = found;
  }
}

function follow(path: string): string {
  const rest = path.split('/').filter((part) => part !== '' && part !== '.');
  let current = '/';
  let stats = look('/', path);
  for (let links = 0; ; ) {
    refuseStrangers(current, stats);
    const part = rest.shift();
    if (part === undefined) break;
    if (!stats.isDirectory()) throw missing(path, `${current} is not a folder`);
    const isSticky = (stats.mode & 0o022) !== 0;
    const next = part === '..' ? dirname(current) : join(current, part);
    const found = look(next, next);
    if (isSticky && !found.isDirectory())
      throw new Refusal({ kind: 'open', at: current, why: 'others can write to it' });
    if (found.isSymbolicLink()) {
      if (++links > mostLinks) throw missing(path, 'its symbolic links lead in a circle');
      refuseStrangers(next, found);
      const target = readlinkSync(next);
      rest.unshift(...target.split('/').filter((word) => word !== '' && word !== '.'));
      if (target.startsWith('/')) current = '/';
    } else current = next;
    stats = look(current, current);
  }
  if (!stats.isFile()) throw missing(path, 'it is not a regular file');
  return current;
}

function refuseStrangers(at: string, stats: Stats): void {
  const user = process.geteuid?.() ?? 0;
  if (stats.uid !== 0 && stats.uid !== user) {
    const why = `it belongs to user ${stats.uid}, who is neither root nor the one that runs keepgate`;
    throw new Refusal({ kind: 'stranger', at, why, mend: `chown -h ${user === 0 ? 'root' : user}` });
  }
  if (stats.isSymbolicLink() || (stats.mode & 0o022) === 0) return;
  if (stats.isDirectory() && stats.uid === 0 && (stats.mode & 0o1000) !== 0) return;
  throw new Refusal({ kind: 'open', at, why: 'others can write to it', mend: 'chmod go-w' });
}

function look(path: string, asked: string): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    throw missing(asked, codeOf(error) === 'EACCES' ? 'this user may not look there' : 'there is no such file');
  }
}

const missing = (at: string, why: string): Refusal => new Refusal({ kind: 'missing', at, why });
