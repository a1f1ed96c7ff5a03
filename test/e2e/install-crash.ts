/** An `apply` or `rollback` that is killed at a given change, and what has to be true then and after the next run. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';
import { treeOf } from '../deploy/rendered.ts';
import { keepgateAt } from '../in-process.ts';

export type Installing = 'apply' | 'rollback';

const hook = pathToFileURL(resolve(import.meta.dirname, '../kill-at.mjs')).href;
const parts = ['program/etc/nginx', 'store'];
/** A site changes, one goes, one stays, one is new. */
export const before = { api: 8080, gone: 8081, same: 8082 };
export const after = { api: 9090, same: 8082, added: 8083 };

/** Preloads the counting of steps. */
export const counting = (env: Readonly<Record<string, string>>) => ({
  env: { NODE_OPTIONS: `--import ${hook}`, ...env },
});

export interface Scene {
  readonly nginx: InstalledNginx;
  readonly args: readonly string[];
  /** What nginx reads before the run and after it. */
  readonly old: Readonly<Record<string, string>>;
  readonly whole: Readonly<Record<string, string>>;
  /** How many steps the run takes. */
  readonly steps: number;
  /** Makes it as it was before the run. */
  again(): void;
}

export async function installScene(command: Installing): Promise<Scene> {
  const nginx = await installNginx('bookworm');
  const start = join(nginx.folder, 'start');
  const common = ['--sandbox', 'none', '--no-reload'];
  const args = [command, ...common];
  nginx.spec(before);
  expect(await nginx.keepgate(['apply', ...common])).toMatchObject({ exitCode: 0 });
  nginx.spec(after);
  if (command === 'rollback') expect(await nginx.keepgate(['apply', ...common])).toMatchObject({ exitCode: 0 });
  for (const name of parts)
    cpSync(join(nginx.folder, name), join(start, name), { recursive: true, verbatimSymlinks: true });
  const old = installed(nginx);
  const count = join(nginx.folder, 'count');
  expect(await nginx.keepgate(args, counting({ KEEPGATE_KILL_COUNT: count }))).toMatchObject({ exitCode: 0 });
  const whole = installed(nginx);
  const again = (): void => {
    for (const name of parts) {
      rmSync(join(nginx.folder, name), { recursive: true, force: true });
      mkdirSync(join(nginx.folder, name), { recursive: true });
      cpSync(join(start, name), join(nginx.folder, name), { recursive: true, verbatimSymlinks: true });
    }
  };
  return { nginx, args, old, whole, steps: Number(readFileSync(count, 'utf8').split(' ')[1]), again };
}

/** Kills the run at this step. @throws when something is lost or broken */
export async function killedAt({ nginx, args, old, whole, again }: Scene, step: number): Promise<void> {
  again();
  const { exitCode } = await nginx.keepgate(args, counting({ KEEPGATE_KILL_AT: String(step) }));
  expect(exitCode, 'killed').toBeUndefined();
  for (const [path, text] of Object.entries(installed(nginx)))
    if (!/(^|\/)\.keepgate-/.test(path)) expect([old[path], whole[path]], path).toContain(text);
  expect(await nginx.test(), 'nginx -t').toBe('');
  const next = await keepgateAt([...args, ...nginx.own(args[0])], { cwd: nginx.folder, now: () => new Date() });
  expect(next).toMatchObject({ exitCode: 0 });
  expect(installed(nginx)).toEqual(whole);
  expect(existsSync(join(nginx.etc, '.keepgate/journal.json'))).toBe(false);
}

/** What nginx reads, and the manifest. */
function installed({ etc }: InstalledNginx): Record<string, string> {
  return Object.fromEntries(Object.entries(treeOf(etc)).filter(([path]) => !path.startsWith('.keepgate/')));
}
