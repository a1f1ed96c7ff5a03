/** A service's apply is killed: every site is old or new, nginx takes them, and whoever comes next goes on from there. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InstalledNginx, installNginx } from '../../deploy/installed-nginx.ts';
import { treeOf } from '../../deploy/rendered.ts';
import { counting } from '../../e2e/install-crash.ts';
import { times } from '../../everything.ts';

const kept = ['program/etc/nginx', 'store'];
const common = ['--sandbox', 'none', '--no-reload'];

let nginx: InstalledNginx;
beforeAll(async () => {
  nginx = await installNginx('bookworm');
});
afterAll(() => nginx.remove());

/** Writes the spec of a service: its sites by name, and the port of their backend. */
function service(name: string, sites: Readonly<Record<string, number>>): string {
  nginx.spec(sites);
  const path = join(nginx.folder, `${name}.yaml`);
  writeFileSync(path, readFileSync(join(nginx.folder, 'keepgate.yaml'), 'utf8'));
  return path;
}

const apply = (path: string, env: Readonly<Record<string, string>> = {}) =>
  nginx.keepgate(['apply', path, ...common], counting(env));
const state = (): Record<string, string> =>
  Object.fromEntries(Object.entries(treeOf(nginx.etc)).filter(([path]) => !path.startsWith('.keepgate/')));
const sites = (): string[] =>
  Object.keys(state()).flatMap((path) => /enabled\/keepgate_(.+)\.conf$/.exec(path)?.[1] ?? []);

it('at sampled points, and the next run is of another service', { timeout: 1_800_000 }, async () => {
  const [one, two, three] = [
    service('one', { a: 9001, gone: 9002 }),
    service('two', { b: 9003 }),
    service('three', { c: 9004 }),
  ];
  for (const path of [one, two]) expect(await apply(path)).toMatchObject({ exitCode: 0 });
  const start = join(nginx.folder, 'start');
  for (const name of kept)
    cpSync(join(nginx.folder, name), join(start, name), { recursive: true, verbatimSymlinks: true });
  const again = (): void => {
    for (const name of kept) {
      rmSync(join(nginx.folder, name), { recursive: true, force: true });
      mkdirSync(join(nginx.folder, name), { recursive: true });
      cpSync(join(start, name), join(nginx.folder, name), { recursive: true, verbatimSymlinks: true });
    }
  };
  service('one', { a: 9101, fresh: 9105 });
  const old = state();
  const count = join(nginx.folder, 'count');
  expect(await apply(one, { KEEPGATE_KILL_COUNT: count })).toMatchObject({ exitCode: 0 });
  const whole = state();
  expect(await apply(three)).toMatchObject({ exitCode: 0 });
  const all = state();
  const steps = Number(readFileSync(count, 'utf8').split(' ')[1]);
  expect(steps).toBeGreaterThan(40);
  const points = times(steps, 4);
  for (let point = 1; point <= points; point++) {
    const step = Math.ceil((point * steps) / points);
    again();
    expect((await apply(one, { KEEPGATE_KILL_AT: String(step) })).exitCode, `killed at ${step}`).toBeUndefined();
    for (const [path, text] of Object.entries(state()))
      if (!/(^|\/)\.keepgate-/.test(path)) expect([old[path], whole[path]], `${step}: ${path}`).toContain(text);
    expect(await nginx.test(), `killed at ${step}`).toBe('');
    // Two come at once: another service, and the one that was killed.
    const next = await Promise.all([apply(three), apply(one)]);
    expect(
      next.map(({ exitCode }) => exitCode),
      `after ${step}: ${JSON.stringify(next)}`,
    ).toEqual([0, 0]);
    expect(sites()).toEqual(['a', 'b', 'c', 'fresh']);
    expect(state()).toEqual(all);
    expect(await nginx.test()).toBe('');
  }
});
