import { chmodSync, chownSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { expect } from 'vitest';
import { asNobody, closedAncestors, nobody } from '../../src/nginx/nobody.ts';
import { nginxOf, parts, suites } from '../parts.ts';
import type { Run } from '../run-keepgate.ts';

const repository = resolve(import.meta.dirname, '../..');

/** Whether there is another user to become. */
export const isRoot = process.getuid?.() === 0;

/**
 * Runs keepgate as the user nobody, who owns nothing. What lies in a folder that is closed to him, such as a cache below
 * /root, is shown to him in a mount namespace of the run's own.
 */
export async function keepgateAsNobody(args: readonly string[]): Promise<Run> {
  const home = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-nobody-'));
  chmodSync(home, 0o700);
  chownSync(home, nobody, nobody);
  const needed = [repository, dirname(dirname(realpathSync(process.execPath)))].concat(
    [parts.bwrap, ...suites.map(nginxOf)].map((path) => dirname(dirname(path))),
  );
  const env = { PATH: process.env.PATH, KEEPGATE_BWRAP: parts.bwrap, HOME: home, TMPDIR: home };
  try {
    const [program = '', ...rest] = [
      ...[parts.bwrap, '--dev-bind', '/', '/', ...showing([...new Set(needed)]), '--die-with-parent'],
      ...[...asNobody, process.execPath, join(repository, 'dist/bin.js'), ...args],
    ];
    const { exitCode, stdout, stderr } = await execa(program, rest, {
      ...{ env, extendEnv: false, cwd: '/', reject: false, stripFinalNewline: false, timeout: 240_000 },
    });
    expect(readdirSync(home)).toEqual([]);
    return { exitCode, stdout, stderr };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function showing(paths: readonly string[]): string[] {
  const closed = paths.filter((path) => closedAncestors(path).length > 0 || (statSync(path).mode & 0o005) !== 0o005);
  const folders = new Set(closed.flatMap((path) => closedAncestors(path)));
  const outermost = [...folders].filter((folder) => ![...folders].some((other) => folder.startsWith(`${other}/`)));
  return [
    ...[...folders].sort().flatMap((folder) => [outermost.includes(folder) ? '--tmpfs' : '--dir', folder]),
    ...closed.flatMap((path) => ['--ro-bind', path, path]),
  ];
}
