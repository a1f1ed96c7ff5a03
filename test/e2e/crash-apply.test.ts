/** `apply` and `rollback` are killed at every change that they make to the disk. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { stepsUpTo } from '../everything.ts';
import { parts } from '../parts.ts';
import { whyNoTrace } from '../traced.ts';
import { counting, type Installing, installScene, killedAt } from './install-crash.ts';

const lanes = 2;

it.each<Installing>(['apply', 'rollback'])(
  '%s, killed anywhere: each file old or new, nginx takes them, and the next run recovers',
  { timeout: 1_800_000 },
  async (command) => {
    const scenes = await Promise.all(Array.from({ length: lanes }, () => installScene(command)));
    const [{ steps = 0, old, whole } = {}] = scenes;
    expect(steps).toBeGreaterThan(40);
    expect(whole).not.toEqual(old);
    const wrong: string[] = [];
    const chosen = stepsUpTo(steps, 14);
    const queue = [...chosen];
    await Promise.all(
      scenes.map(async (scene) => {
        for (let step = queue.shift(); step !== undefined; step = queue.shift())
          await killedAt(scene, step).catch((error: unknown) => wrong.push(`killed at ${step}: ${error}`));
        await scene.nginx.remove();
      }),
    );
    expect(wrong).toEqual([]);
    console.info(`${command} was killed at ${chosen.length} of its ${steps} steps`);
  },
);

const reason = await whyNoTrace();
if (reason !== undefined)
  console.warn(`WARNING: no process can be traced here, so it is NOT tested that every change is a step: ${reason}`);

/** What changes a file or a folder, the links of both included. */
const changing = [
  ...['write', 'pwrite64', 'writev', 'pwritev', 'copy_file_range', 'sendfile', 'truncate', 'ftruncate', 'fallocate'],
  ...[
    'rename',
    'renameat',
    'renameat2',
    'link',
    'linkat',
    'symlink',
    'symlinkat',
    'unlink',
    'unlinkat',
    'mkdir',
    'mkdirat',
  ],
  ...['rmdir', 'chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'lchown', 'fchownat', 'open', 'openat', 'creat'],
];

it.skipIf(reason !== undefined).each<Installing>(['apply', 'rollback'])(
  '%s makes no change that is not a step',
  { timeout: 400_000 },
  async (command) => {
    const scene = await installScene(command);
    const { nginx, args } = scene;
    scene.again();
    const [account, trace] = [join(nginx.folder, 'strace'), join(nginx.folder, 'steps')];
    const program = resolve(import.meta.dirname, '../../dist/bin.js');
    const only = changing.map((call) => `?${call}`).join();
    const own = nginx.own(command);
    const run = await execa(
      parts.strace,
      ['-o', account, '-y', '-s', '300', '-e', `trace=${only}`, process.execPath, program, ...args, ...own],
      { cwd: nginx.folder, stdin: 'ignore', reject: false, ...counting({ KEEPGATE_KILL_TRACE: trace }) },
    );
    expect(run).toMatchObject({ exitCode: 0 });
    // Without -f: this process's first thread, which makes all of them, since every operation is a synchronous one.
    // A folder that is held is worked in by its descriptor.
    const places = [nginx.etc, nginx.store, '/proc/self/fd/'];
    const without: string[] = [];
    let changes = 0;
    let announced = false;
    for (const line of readFileSync(account, 'utf8').split('\n')) {
      if (line.includes(trace)) announced = true;
      else if (places.some((place) => line.includes(place)) && isChange(line)) {
        changes++;
        if (!announced) without.push(line);
        announced = false;
      }
    }
    expect(without).toEqual([]);
    expect(changes).toBeGreaterThan(20);
    await nginx.remove();
  },
);

/** What failed, and what was opened to be read, changed nothing. */
function isChange(line: string): boolean {
  if (/ = -1 E|^write\(2</.test(line)) return false;
  return /^(open|openat)\(/.test(line) ? /O_CREAT|O_TRUNC/.test(line) : true;
}
