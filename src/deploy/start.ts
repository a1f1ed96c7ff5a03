/** Starts the nginx that is installed here. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Diagnostic } from '../diagnostic.ts';
import { printable } from '../nginx/printable.ts';
import { run } from '../nginx/run.ts';
import { type NginxInstance, switchesOf } from './nginx-instance.ts';
import { nginxOf } from './processes.ts';
import { askForCertificate, type ExpectedCertificate, isServed } from './served-certificate.ts';

/** Milliseconds. */
const commandLimit = 90_000;
const watched = 10_000;
const handshake = 2000;

/** Starts it and waits for its workers and the certificates that it has to serve. Resolves to why it isn't so. */
export async function startNginx(
  instance: NginxInstance,
  expect: readonly ExpectedCertificate[],
  signal?: AbortSignal,
): Promise<Diagnostic | undefined> {
  const command = instance.start ?? [instance.nginx, ...switchesOf(instance)];
  const { exitCode, stderr, startError } = await run(command, { timeLimit: commandLimit, signal });
  if (exitCode !== 0) {
    const words = printable(stderr, 300) || startError || `exit code ${exitCode}`;
    return failed(`"${command.join(' ')}" failed: ${words}`);
  }
  const end = performance.now() + watched;
  for (;;) {
    const running = nginxOf(instance.pidFile);
    const works = running?.children.some(({ title }) => title === 'nginx: worker process');
    const served = works ? await Promise.all(expect.map((one) => askForCertificate(one, handshake))) : [];
    if (works && served.every(isServed)) return undefined;
    if (performance.now() > end)
      return failed(
        works ? 'nginx was started and does not serve what it should' : 'nginx was started and has no workers',
      );
    await delay(50, undefined, { signal });
  }
}

function failed(message: string): Diagnostic {
  const help = 'See why: journalctl -u nginx, and the error log. Another program may hold a port: ss -ltnp';
  return { code: 'start-failed', severity: 'error', message, help };
}
