/** SIGINT at several points of a run, to its whole process group, as a terminal sends it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Workplace } from '../cli/workplace.ts';
import { startPebble } from '../pebble.ts';
import type { RequestKind } from '../small-ca/request-kinds.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

const program = resolve(import.meta.dirname, '../../dist/bin.js');
const timeout = 150_000;
const place = new Workplace();
let number = 0;
let store = '';
let webroot = '';
let ca: SmallCa;

beforeEach(async () => {
  store = join(place.folder, `store-${number}`);
  webroot = join(place.folder, `webroot-${number++}`);
  ca = await startSmallCa({ now: () => new Date() });
});
afterEach(() => ca.stop());

const issueArgs = (...more: string[]) => [
  ...['cert', 'issue', '--host', 'api.example.com', '--directory', ca.directoryUrl, '--ca-file', ca.caFile],
  ...['--agree-tos', '--store', store, '--skip-preflight', '--no-reload', ...more],
];
const overHttp = () => issueArgs('--webroot', webroot);

/** In a process group of its own, as a shell starts it. */
function start(args: readonly string[]) {
  const child = execa(process.execPath, [program, ...args], {
    cwd: place.folder,
    stdin: 'ignore',
    detached: true,
    reject: false,
    timeout,
    env: { FORCE_COLOR: undefined, NODE_V8_COVERAGE: process.env.KEEPGATE_TEST_COVERAGE },
  });
  return { ended: child, interrupt: () => process.kill(-(child.pid ?? 0), 'SIGINT') };
}

/** Nothing is left of the run, and the next one finishes what it began. */
async function nothingIsLeft(next = overHttp()) {
  const folder = join(webroot, '.well-known/acme-challenge');
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  expect(lockIsFree()).toBe(true);
  const { exitCode, stdout, stderr } = await place.keepgate(next, { timeout });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain('api.example.com: ');
  expect(ca.issued).toHaveLength(1);
  expect(ca.orders).toBe(1);
}

function lockIsFree(): boolean {
  const folder = join(store, 'lock');
  const highest = existsSync(folder)
    ? readdirSync(folder)
        .map(Number)
        .sort((a, b) => b - a)[0]
    : undefined;
  return highest === undefined || statSync(join(folder, String(highest))).size === 0;
}

const kinds: readonly RequestKind[] = [
  'directory',
  'newAccount',
  'newOrder',
  'authorization',
  'challenge',
  'order',
  'finalize',
  'certificate',
];

it.each(kinds)(
  'while the CA has its %s to answer',
  async (kind) => {
    let run: ReturnType<typeof start> | undefined;
    ca.faults.next(kind, {
      fault: 'meanwhile',
      before: () => void run?.interrupt(),
      after: () => run?.ended.then(() => {}),
    });
    run = start(overHttp());
    const { exitCode, stdout } = await run.ended;
    expect(exitCode).toBe(130);
    expect(stdout).toBe('');
    await nothingIsLeft();
  },
  timeout,
);

it(
  'while another run is waited for',
  async () => {
    let second: ReturnType<typeof start> | undefined;
    ca.faults.next('newOrder', {
      fault: 'meanwhile',
      before: async () => {
        second = start(overHttp());
        while (!(await waits(second.ended.pid))) await delay(50);
        second.interrupt();
        await second.ended;
      },
    });
    const first = start(overHttp());
    expect(await first.ended).toMatchObject({ exitCode: 0 });
    expect(await second?.ended).toMatchObject({ exitCode: 130 });
    await nothingIsLeft();
  },
  timeout,
);

it(
  'while a DNS hook runs: neither that nor what it started is left',
  async () => {
    const pids = join(place.folder, 'pids');
    const cleaned = join(place.folder, 'cleaned');
    const script = `[ "$1" = cleanup ] && { echo > ${cleaned}; exit; }\nsleep 600 & echo $$ $! > ${pids}\nwait`;
    const hook = place.write('hooks/dns', `#!/bin/sh\n${script}\n`, 0o755);
    await using pebble = await startPebble();
    const run = start(issueArgs('--dns-exec', hook, '--resolver', pebble.dns));
    await expect.poll(() => pidsIn(pids), { timeout: 45_000 }).toHaveLength(2);
    run.interrupt();
    expect(await run.ended).toMatchObject({ exitCode: 130 });
    await expect.poll(() => pidsIn(pids).filter(isRunning), { timeout: 20_000 }).toEqual([]);
    expect(existsSync(cleaned)).toBe(true);
    await nothingIsLeft();
  },
  timeout,
);

it(
  'while a deploy hook runs: the certificate is there',
  async () => {
    const pids = join(place.folder, 'deploy-pids');
    const hook = place.write('hooks/deploy', `#!/bin/sh\nsleep 600 & echo $$ $! >> ${pids}\nwait\n`, 0o755);
    const run = start([...overHttp(), '--deploy-hook', hook]);
    await expect.poll(() => pidsIn(pids), { timeout: 45_000 }).toHaveLength(2);
    run.interrupt();
    expect(await run.ended).toMatchObject({ exitCode: 130 });
    await expect.poll(() => pidsIn(pids).filter(isRunning), { timeout: 20_000 }).toEqual([]);
    await nothingIsLeft();
  },
  timeout,
);

const pidsIn = (path: string): number[] =>
  existsSync(path) ? readFileSync(path, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number) : [];

/** A zombie runs no more; who is to bury it is not our concern. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '');
  } catch {
    return false;
  }
}

/** A process that has started and does nothing any more but look at the lock now and then. */
async function waits(pid: number | undefined): Promise<boolean> {
  const ticks = () => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return Number(user) + Number(system);
  };
  const before = ticks();
  await delay(1500);
  return before > 5 && ticks() === before;
}
