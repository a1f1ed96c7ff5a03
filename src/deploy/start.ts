/** Starts the nginx that is installed here. */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Diagnostic } from '../diagnostic.ts';
import { printable } from '../nginx/printable.ts';
import type { Command } from '../nginx/run.ts';
import { type NginxInstance, switchesOf } from './nginx-instance.ts';
import { isSame, type NginxProcess, nginxOf } from './processes.ts';
import { askForCertificate, type ExpectedCertificate, isServed } from './served-certificate.ts';
import { watchStart } from './start-log.ts';
import { stopNginx } from './stop.ts';

/** Milliseconds. */
const commandLimit = 90_000;
const watched = 10_000;
const handshake = 2000;

/**
 * Starts one that does not run, and waits for its workers and the certificates that it has to serve. Resolves to why it isn't so;
 * then, and when it is aborted, it does not run either.
 * @throws the signal's reason when it is aborted
 */
export async function startNginx(
  instance: NginxInstance,
  expect: readonly ExpectedCertificate[],
  signal?: AbortSignal,
): Promise<Diagnostic | undefined> {
  const watch = watchStart(instance);
  let failure: string | undefined;
  try {
    failure = await startAndWatch(instance, expect, signal);
    signal?.throwIfAborted();
  } catch (error) {
    await stopNginx(instance);
    throw error;
  }
  if (failure === undefined) return undefined;
  const said = (await watch()).filter((text) => !failure.includes(text));
  await stopNginx(instance);
  return failed(said.length === 0 ? failure : `${failure}; nginx says: ${printable(said.join('; '), 600)}`);
}

async function startAndWatch(
  instance: NginxInstance,
  expect: readonly ExpectedCertificate[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const command = instance.start ?? [instance.nginx, ...switchesOf(instance)];
  const failure = await launch(command, signal);
  if (failure !== undefined) return `"${command.join(' ')}" failed: ${printable(failure, 300)}`;
  const end = performance.now() + watched;
  const settled = workersSettle();
  for (;;) {
    const works = settled(nginxOf(instance.pidFile)?.children ?? []);
    const served = works ? await Promise.all(expect.map((one) => askForCertificate(one, handshake))) : [];
    if (works && served.every(isServed)) return undefined;
    if (performance.now() > end)
      return works ? 'nginx was started and does not serve what it should' : 'nginx was started and has no workers';
    await delay(50, undefined, { signal });
  }
}

/**
 * Whether a master's children are its workers, and the same ones as at the look before: it makes them one after another, and one that
 * can't work ends at once. To be asked once for each look.
 */
function workersSettle(): (children: readonly NginxProcess[]) => boolean {
  let before: readonly NginxProcess[] = [];
  return (children) => {
    const workers = children.filter(({ title }) => title === 'nginx: worker process');
    const same = workers.length === before.length && workers.every((worker, at) => isSame(worker, before[at]));
    before = workers;
    return same && workers.length > 0;
  };
}

/** A daemon may hold the pipe of its messages open: it is the end of the program that started it that counts. */
function launch([program, ...args]: Command, signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: commandLimit,
      ...(signal && { signal }),
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const end = (failure: string | undefined): void => {
      child.stderr.destroy();
      resolve(failure);
    };
    child.on('error', ({ message }) => end(message));
    child.on('exit', (code, killed) => {
      if (code === 0) end(undefined);
      else setImmediate(() => end(said || `it ended with ${killed ?? code}`));
    });
  });
}

function failed(message: string): Diagnostic {
  const help = 'See why: journalctl -u nginx, and the error log. Another program may hold a port: ss -ltnp';
  return { code: 'start-failed', severity: 'error', message, help };
}
