import { readFileSync } from 'node:fs';
import type { Command } from './run.ts';

/** A limit of this process may be lowered by anyone, raised by root alone. */
const rows = { as: 'Max address space', cpu: 'Max cpu time', fsize: 'Max file size', nofile: 'Max open files' };

/**
 * Keeps a test from eating the machine, by `prlimit` (util-linux): `files` is how many server files it reads, `timeLimit`
 * how many milliseconds it may compute. About 80 kB of memory per server is usual; the rest is room for shared zones.
 */
export function limited(command: readonly string[], files: number, timeLimit: number): Command {
  const cpu = Math.ceil(timeLimit / 1000) + 1;
  const wanted = { as: 4 * 2 ** 30 + files * 2 ** 20, cpu, fsize: 64 * 2 ** 20, nofile: 65_536 };
  const own = ownLimits();
  const options = Object.entries(rows).map(([name, row]) => {
    const hard = Number(new RegExp(`^${row}\\s+\\S+\\s+(\\d+)`, 'm').exec(own)?.[1] ?? Number.POSITIVE_INFINITY);
    return `--${name}=${Math.min(wanted[name as keyof typeof rows], hard)}`;
  });
  return ['prlimit', '--core=0', ...options, ...command];
}

function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
