/** Stops an nginx that was started a moment ago. */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../nginx/run.ts';
import type { NginxInstance } from './nginx-instance.ts';
import { isSame, type NginxProcess, nginxOf, readProcess } from './processes.ts';

/** Milliseconds: for systemctl; for a daemon to write its pid file; for a master to end. */
const commandLimit = 90_000;
const appears = 1000;
const ends = 5000;

/**
 * Whoever starts it stops it: systemd, which would start it again, or a fast shutdown (TERM, https://nginx.org/en/docs/control.html).
 * Resolves once it has ended, or has not in time.
 */
export async function stopNginx({ stop, pidFile }: NginxInstance): Promise<void> {
  if (stop !== undefined) await run(stop, { timeLimit: commandLimit });
  // A daemon's first process ends before the pid file is there.
  const master = await seen(() => nginxOf(pidFile)?.master, stop === undefined ? appears : 0);
  if (master === undefined || !kill(master)) return;
  await seen(() => (isSame(master, readProcess(master.pid)) ? undefined : true), ends);
}

function kill({ pid }: NginxProcess): boolean {
  try {
    return process.kill(pid, 'SIGTERM');
  } catch {
    return false;
  }
}

/** Asks until there is an answer, or the time is over. */
async function seen<T>(ask: () => T | undefined, limit: number): Promise<T | undefined> {
  const end = performance.now() + limit;
  for (;;) {
    const answer = ask();
    if (answer !== undefined || performance.now() > end) return answer;
    await delay(20);
  }
}
