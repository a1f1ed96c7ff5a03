import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';

let nginx: InstalledNginx | undefined;
afterEach(async () => {
  await nginx?.remove();
  nginx = undefined;
});

it('goes', { timeout: 100_000 }, async () => {
  nginx = await installNginx('trixie');
  nginx.spec({ api: 8080 });
  await nginx.start();
  for (const args of [
    ['diff'],
    ['apply', '--dry-run'],
    ['apply'],
    ['apply'],
    ['diff'],
    ['rollback', '--list'],
    ['rollback'],
    ['rollback'],
  ]) {
    const { exitCode, stdout, stderr } = await nginx.keepgate(args);
    console.log(args.join(' '), exitCode, stdout.slice(0, 500), stderr);
  }
  console.log(nginx.log(), readdirSync(nginx.etc, { recursive: true }));
});
