/** What an nginx that does not start says of it: systemctl itself says no more than that it failed. */
import { execa } from 'execa';
import { withoutOpensslCodes } from '../tls-failure.ts';
import { watchErrorLog } from './error-log.ts';
import type { NginxInstance } from './nginx-instance.ts';

/** Milliseconds. */
const limit = 10_000;
/** Lines of the journal: more than a start makes. */
const lines = '20';

/**
 * Begins now; the function that is returned resolves to the severe messages since: of the error log, and of the journal of the unit
 * (journalctl(1)) where systemd starts it. Each once, the oldest first.
 */
export function watchStart({ start, errorLog }: NginxInstance, journalctl = 'journalctl'): () => Promise<string[]> {
  // No process has the number 0: there is no master yet.
  const log = watchErrorLog(0, errorLog);
  const since = Math.floor(Date.now() / 1000);
  return async () => {
    const journal = start === undefined ? '' : await read(journalctl, start.at(-1) ?? '', since);
    const said = [...log.severe().map(({ text }) => text), ...severe(journal)];
    return [...new Set(said)];
  };
}

const severe = (text: string): string[] =>
  [...text.matchAll(/\[(?:emerg|alert)\] (?:\d+#\d+: )?(.*)$/gm)].map(([, said = '']) => withoutOpensslCodes(said));

/** '' where there is no journal, or this user may not read it. */
async function read(program: string, unit: string, since: number): Promise<string> {
  const args = ['--unit', unit, '--lines', lines, '--since', `@${since}`, '--output', 'cat', '--no-pager', '--quiet'];
  const { stdout } = await execa(program, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: limit,
    maxBuffer: 1_000_000,
    reject: false,
  });
  return stdout ?? '';
}
