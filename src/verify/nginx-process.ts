import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { KeepgateError } from '../diagnostic.ts';
import { parseMessages } from '../nginx/output.ts';

export interface NginxOptions {
  /** The program, or a wrapper that replaces itself with it (`exec`). */
  readonly nginx: string;
  /** An absolute folder of its own; nginx.conf, error.log, nginx.pid and the temporary files go there. */
  readonly prefix: string;
  /** The text of nginx.conf, without `daemon`, `pid`, `user` and a main-level `error_log`. */
  readonly configuration: string;
  /** TCP ports of 127.0.0.1 that have to accept before it counts as started. */
  readonly readyPorts: readonly number[];
  /** Stops it, whenever that comes. */
  readonly signal?: AbortSignal;
}

export interface RunningNginx {
  /** Of the master process. */
  readonly pid: number;
  /** Lets requests end for 3 s, then ends every process of it. Resolves when all are gone; safe to call twice. */
  stop(): Promise<void>;
  /**
   * Reads the configuration anew. Resolves when all workers that accept connections have it.
   * @throws KeepgateError nginx-did-not-reload: it goes on with the old one.
   */
  reload(): Promise<void>;
  /** All that it has logged, from level notice. */
  errorLog(): Promise<string>;
}

/**
 * Becomes nginx, and leaves a guard behind that ends nginx's whole process group as soon as its standard input is
 * closed: by `stop`, or by the kernel when the process that started it is gone, however that died (SIGKILL runs no
 * exit handler, and nginx's workers outlive a killed master). The group's number can't be given to strangers while the
 * guard is in it, and standard error stays open until the guard has gone too.
 */
const guarded = `
exec 3<&0
{
  read -r _ <&3
  kill -s QUIT $$ 2>/dev/null
  tries=0
  while kill -s 0 $$ 2>/dev/null && [ $tries -lt 60 ]; do sleep 0.05; tries=$((tries + 1)); done
  kill -s KILL -- -$$
} &
exec "$@" </dev/null 3<&-
`;

/** NGINX, for one, would make nginx look for inherited sockets. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
const quietly = { env: environment, extendEnv: false, cwd: '/', reject: false } as const;

/** Milliseconds. */
const poll = 10;
const limit = 20_000;

/**
 * Starts nginx in the foreground of a child process; whatever becomes of this process, nginx ends with it.
 *
 * As root its workers stay root: they may read what the master may (a folder below a private TMPDIR, a password file),
 * there is no other user that every distribution has, and it listens where the configuration says, which is loopback.
 * nginx 1.18 can't be kept from opening the log file it was built with, if its folder exists; it writes nothing there.
 * @throws KeepgateError nginx-did-not-start with nginx's own words when it ends or isn't ready within 20 s.
 */
export async function startNginx(options: NginxOptions): Promise<RunningNginx> {
  const { nginx, prefix, configuration, readyPorts, signal } = options;
  signal?.throwIfAborted();
  await writeFile(join(prefix, 'nginx.conf'), configuration);
  const errorLog = () => readFile(join(prefix, 'error.log'), 'utf8').catch(() => '');
  const before = (await errorLog()).length;

  const asRoot = process.getuid?.() === 0 ? ' user root;' : '';
  const global = `daemon off; pid nginx.pid; error_log error.log notice;${asRoot}`;
  const early = (await takesErrorLog(nginx)) ? ['-e', 'error.log'] : [];
  signal?.throwIfAborted();
  const command = [nginx, '-p', prefix, ...early, '-c', join(prefix, 'nginx.conf'), '-g', global];
  const child = execa('sh', ['-c', guarded, 'nginx', ...command], {
    ...quietly,
    stdin: 'pipe',
    detached: true,
  });
  let ended = false;
  const end = child.then(({ stderr }) => {
    ended = true;
    return stderr;
  });
  const stop = async () => {
    child.stdin.end();
    await end;
  };
  signal?.addEventListener('abort', stop, { once: true });
  void end.then(() => signal?.removeEventListener('abort', stop));

  const waitFor = async (done: (log: string) => boolean | Promise<boolean>, from: number): Promise<boolean> => {
    for (const started = performance.now(); performance.now() - started < limit; await delay(poll)) {
      if (ended) return false;
      if (await done((await errorLog()).slice(from))) return true;
    }
    return false;
  };

  // The ports alone would not do: where nginx can't bind, it is another program that accepts.
  const ready = async (log: string) =>
    log.includes('start worker processes') && (await Promise.all(readyPorts.map(accepts))).every(Boolean);
  if (child.pid === undefined || !(await waitFor(ready, before))) {
    const late = !ended && `not all of these ports accepted within ${limit / 1000} s: ${readyPorts.join(', ')}`;
    await stop();
    signal?.throwIfAborted();
    const message = `${nginx} did not start: ${late || complaint(await end)}`;
    throw new KeepgateError(4, { code: 'nginx-did-not-start', message });
  }
  const { pid } = child;

  const reload = async () => {
    const log = await errorLog();
    const old = workers(log.slice(before));
    child.kill('SIGHUP');
    const replaced = (later: string) => {
      const gone = leaving(later);
      return later.includes('start worker processes') && old.every((worker) => gone.has(worker));
    };
    await waitFor((later) => later.includes('[emerg]') || replaced(later), log.length);
    const later = (await errorLog()).slice(log.length);
    if (replaced(later)) return;
    const message = `nginx did not reload: ${complaint(later)}`;
    throw new KeepgateError(4, { code: 'nginx-did-not-reload', message });
  };
  return { pid, stop, reload, errorLog };
}

/** nginx ≥ 1.19.5 takes the log for what precedes the configuration. */
async function takesErrorLog(nginx: string): Promise<boolean> {
  const { exitCode } = await execa(nginx, ['-e', 'stderr', '-v'], { ...quietly, stdin: 'ignore', timeout: limit });
  return exitCode === 0;
}

/** What nginx gave up for, or the last that it said. */
function complaint(text: string): string {
  const messages = parseMessages(text);
  const last = messages.findLast(({ level }) => level === 'emerg') ?? messages.at(-1);
  if (last === undefined) return 'it said nothing';
  return last.file === undefined ? last.text : `${last.text} (${last.file}:${last.line})`;
}

/** The workers that take connections, out of a log. */
function workers(log: string): readonly string[] {
  const gone = leaving(log);
  const started = Array.from(log.matchAll(/start worker process (\d+)/g), ([, worker = '']) => worker);
  return started.filter((worker) => !gone.has(worker));
}

/** The workers that take no connections any more, out of a log. */
function leaving(log: string): ReadonlySet<string> {
  const said = log.matchAll(/(\d+)#\d+: gracefully shutting down|worker process (\d+) exited/g);
  return new Set(Array.from(said, ([, shuttingDown = '', exited = '']) => shuttingDown || exited));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
