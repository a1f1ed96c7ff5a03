/** `apply` and `rollback` killed at every change that they make to the disk, and failing at each. */
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';
import { treeOf } from '../deploy/rendered.ts';

const hook = pathToFileURL(resolve(import.meta.dirname, '../kill-at.mjs')).href;
const preloaded = (env: Record<string, string>) => ({ env: { NODE_OPTIONS: `--import ${hook}`, ...env } });
const before = { api: 8080, gone: 8081, same: 8082 };
const after = { api: 9090, same: 8082, added: 8083 };

/** What nginx reads, and the manifest. */
function installed({ etc }: InstalledNginx): Record<string, string> {
  return Object.fromEntries(Object.entries(treeOf(etc)).filter(([path]) => !path.startsWith('.keepgate/')));
}

/** Without the lock, which grows with each run. */
const state = (nginx: InstalledNginx) =>
  Object.keys(treeOf(join(nginx.etc, '.keepgate'))).filter((path) => !path.startsWith('lock'));

describe.each(['apply', 'rollback'] as const)('%s', (command) => {
  let nginx: InstalledNginx;
  let start = '';
  let whole: Record<string, string>;
  let old: Record<string, string>;
  let count = 0;
  const args = [command, '--sandbox', 'none', '--no-reload'];

  const again = (): void => {
    for (const name of ['program/etc/nginx', 'store']) {
      rmSync(join(nginx.folder, name), { recursive: true, force: true });
      cpSync(join(start, name), join(nginx.folder, name), { recursive: true, verbatimSymlinks: true, mode: 0 });
    }
  };

  beforeAll(async () => {
    nginx = await installNginx('bookworm');
    start = join(nginx.folder, 'start');
    nginx.spec(before);
    expect(await nginx.keepgate(['apply', '--sandbox', 'none'])).toMatchObject({ exitCode: 0 });
    nginx.spec(after);
    if (command === 'rollback')
      expect(await nginx.keepgate(['apply', '--sandbox', 'none'])).toMatchObject({ exitCode: 0 });
    for (const name of ['program/etc/nginx', 'store'])
      cpSync(join(nginx.folder, name), join(start, name), { recursive: true, verbatimSymlinks: true });
    old = installed(nginx);
    const countFile = join(nginx.folder, 'count');
    expect(await nginx.keepgate(args, preloaded({ KEEPGATE_KILL_COUNT: countFile }))).toMatchObject({ exitCode: 0 });
    count = Number(readFileSync(countFile, 'utf8').split(' ')[1]);
    whole = installed(nginx);
    expect(count).toBeGreaterThan(40);
    expect(whole).not.toEqual(old);
  }, 60_000);
  afterAll(() => nginx.remove());

  it('killed anywhere: each file old or new, nginx takes them, and the next run recovers', {
    timeout: 600_000,
  }, async () => {
    for (let at = 1; at <= count; at++) {
      again();
      const { exitCode } = await nginx.keepgate(args, preloaded({ KEEPGATE_KILL_AT: String(at) }));
      expect(exitCode, `killed at ${at}`).toBeUndefined();
      for (const [path, text] of Object.entries(installed(nginx)))
        if (!/(^|\/)\.keepgate-/.test(path))
          expect([old[path], whole[path]], `${path}, killed at ${at}`).toContain(text);
      expect(await nginx.test(), `killed at ${at}`).toBe('');
      const next = await nginx.keepgate(args);
      expect(next, `after ${at}`).toMatchObject({ exitCode: 0 });
      expect(installed(nginx), `after ${at}`).toEqual(whole);
      expect(existsSync(join(nginx.etc, '.keepgate/journal.json'))).toBe(false);
    }
  });

  it.each(['ENOSPC', 'EROFS', 'EACCES'])(
    'whatever fails with %s: what stood there stands there, and nothing is lost',
    { timeout: 600_000 },
    async (code) => {
      for (let at = 1; at <= count; at++) {
        again();
        const known = state(nginx);
        const env = preloaded({ KEEPGATE_FAIL_AT: String(at), KEEPGATE_FAIL_CODE: code });
        const { exitCode, stderr } = await nginx.keepgate(args, env);
        const now = installed(nginx);
        // Only what comes after the change is history: freeing the lock.
        if (exitCode === 0) expect(plain(now), `failed at ${at}`).toEqual(whole);
        else {
          expect({ exitCode, stderr }, `failed at ${at}`).toMatchObject({ exitCode: 4 });
          expect(stderr).toMatch(/error [a-z-]+: /);
          expect(plain(now), `failed at ${at}: ${stderr}`).toEqual(old);
          expect(state(nginx).filter((path) => path.startsWith('history/')).length).toBeGreaterThanOrEqual(
            known.length,
          );
        }
      }
    },
  );
});

const plain = (tree: Record<string, string>) =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => !/(^|\/)\.keepgate-/.test(path)));
