/** `apply` and `rollback` while the file system refuses a change: each one that they make. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { treeOf } from '../deploy/rendered.ts';
import { keepgateAt } from '../in-process.ts';
import { steps } from '../kill-at.mjs';
import { memory } from '../memory.ts';
import { after, before, type Installing } from './install-crash.ts';

const timeout = 300_000;
/** What takes room on the disk. */
const growing = new Set(['open', 'writeSync', 'mkdirSync', 'symlinkSync', 'linkSync']);
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(memory(), 'keepgate-failing-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const image = () => join(folder, 'image');
const etc = () => join(image(), 'etc/nginx');
const run = (command: Installing) =>
  keepgateAt([command, '--root', 'image', '--sandbox', 'none'], { cwd: folder, now: () => new Date() });
/** What nginx reads, and the manifest; `.keepgate-X.tmp` is read by nobody. */
const installed = () =>
  Object.fromEntries(Object.entries(treeOf(etc())).filter(([path]) => !/(^|\/)\.keepgate/.test(path)));
const pastStates = () => Object.keys(treeOf(join(etc(), '.keepgate/history')));

function spec(sites: Readonly<Record<string, number>>): void {
  const list = Object.entries(sites).map(
    ([name, port]) => `  ${name}: {hosts: [${name}.example.com], upstream: "http://127.0.0.1:${port}"}\n`,
  );
  const target = '{version: 1.22.1, openssl: 3.0.0, modules: [http_ssl_module, http_v2_module]}';
  writeFileSync(
    join(folder, 'keepgate.yaml'),
    `version: 1\nnginx: {target: ${target}, layout: debian}\nacme: {store: /var/lib/keepgate}\nsites:\n${list.join('')}`,
  );
}

async function failing<T>(fails: typeof steps.fails, work: () => Promise<T>): Promise<T> {
  Object.assign(steps, { count: 0, fails });
  try {
    return await work();
  } finally {
    steps.fails = () => undefined;
    // What a run that could not free its locks leaves to the end of its process, which is ours.
    for (const state of [join(etc(), '.keepgate'), join(image(), 'var/lib/keepgate')])
      rmSync(join(state, 'lock'), { recursive: true, force: true });
  }
}

interface Scene {
  readonly count: number;
  readonly old: Readonly<Record<string, string>>;
  readonly whole: Readonly<Record<string, string>>;
  again(): void;
}

async function scene(command: Installing): Promise<Scene> {
  for (const name of ['conf.d', 'sites-available', 'sites-enabled']) mkdirSync(join(etc(), name), { recursive: true });
  spec(before);
  expect(await run('apply')).toMatchObject({ exitCode: 0 });
  spec(after);
  if (command === 'rollback') expect(await run('apply')).toMatchObject({ exitCode: 0 });
  cpSync(image(), join(folder, 'start'), { recursive: true, verbatimSymlinks: true });
  const old = installed();
  expect(
    await failing(
      () => undefined,
      () => run(command),
    ),
  ).toMatchObject({ exitCode: 0 });
  const again = (): void => {
    rmSync(image(), { recursive: true });
    cpSync(join(folder, 'start'), image(), { recursive: true, verbatimSymlinks: true });
  };
  return { count: steps.count, old, whole: installed(), again };
}

describe.each<Installing>(['apply', 'rollback'])('%s', (command) => {
  it.each(['ENOSPC', 'EROFS', 'EACCES'])(
    'whatever fails with %s: what stood there stands there, and nothing is lost',
    { timeout },
    async (code) => {
      const { count, old, whole, again } = await scene(command);
      expect(count).toBeGreaterThan(40);
      expect(whole).not.toEqual(old);
      for (let at = 1; at <= count; at++) {
        again();
        const known = pastStates();
        const { exitCode, stderr } = await failing(
          (number) => (number === at ? code : undefined),
          () => run(command),
        );
        // All is done, and history: what fails then is freeing the lock, or removing what is not needed any more.
        if (exitCode === 0) expect(installed(), `failed at ${at}`).toEqual(whole);
        else {
          expect({ exitCode, stderr }, `failed at ${at}`).toMatchObject({
            exitCode: 4,
            stderr: expect.stringMatching(/error [a-z-]+: /),
          });
          expect(installed(), `failed at ${at}: ${stderr}`).toEqual(old);
          expect(existsSync(join(etc(), '.keepgate/journal.json')), `journal after ${at}`).toBe(false);
          expect(pastStates()).toEqual(expect.arrayContaining(known));
        }
        expect(await run(command), `after ${at}`).toMatchObject({ exitCode: 0 });
        expect(installed(), `after ${at}`).toEqual(whole);
      }
    },
  );

  it('a disk that is full from some change on: put back all the same', { timeout }, async () => {
    const { count, old, whole, again } = await scene(command);
    for (let from = 1; from <= count; from++) {
      again();
      const full = (number: number, operation: string) =>
        number >= from && growing.has(operation) ? 'ENOSPC' : undefined;
      const { exitCode, stderr } = await failing(full, () => run(command));
      expect([0, 4], stderr).toContain(exitCode);
      expect(installed(), `full from ${from}: ${stderr}`).toEqual(exitCode === 0 ? whole : old);
    }
  });

  it('a file system that turns read-only for good: each file is old or new, and the next run recovers', {
    timeout,
  }, async () => {
    const { count, old, whole, again } = await scene(command);
    for (let from = 1; from <= count; from++) {
      again();
      const { exitCode } = await failing(
        (number) => (number >= from ? 'EROFS' : undefined),
        () => run(command),
      );
      expect([0, 4]).toContain(exitCode);
      for (const [path, text] of Object.entries(installed()))
        expect([old[path], whole[path]], `${path}, read-only from ${from}`).toContain(text);
      expect(await run(command), `after ${from}`).toMatchObject({ exitCode: 0 });
      expect(installed(), `after ${from}`).toEqual(whole);
    }
  });
});
