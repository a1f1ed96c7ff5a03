import { resolve } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { nginxOf } from './parts.ts';

const debianBin = resolve('scripts/debian-bin');
const run = (env: Record<string, string | undefined>) =>
  execa('bash', [debianBin, 'bookworm', 'nginx', '/usr/sbin/nginx'], { env, reject: false });

it('is free the second time', async () => {
  const { stdout, stderr } = await run({});
  expect({ stdout, stderr }).toEqual({ stdout: nginxOf('bookworm'), stderr: '' });
});

it('puts the stock configuration where that nginx looks for it', async () => {
  const prefix = resolve(nginxOf('bookworm'), '../..');
  const { stdout } = await execa('cat', [`${prefix}/etc/nginx/nginx.conf`]);
  expect(stdout).toContain('include /etc/nginx/sites-enabled/*;');
});

it('says what to install where there is no apt', async () => {
  const bash = (await execa('sh', ['-c', 'command -v bash'])).stdout;
  const env = { PATH: '/nonexistent', XDG_CACHE_HOME: '/nonexistent' };
  const { exitCode, stderr } = await execa(bash, [debianBin, 'bookworm', 'nginx', '/usr/sbin/nginx'], {
    env,
    reject: false,
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('no apt-get');
  expect(stderr).toContain('install nginx and bubblewrap with your package manager');
});

it.each([
  [{ XDG_CACHE_HOME: '/proc/nowhere' }, "can't write to /proc/nowhere/keepgate/debian/bookworm"],
  [
    { XDG_CACHE_HOME: undefined, HOME: '/proc/nowhere' },
    "can't write to /proc/nowhere/.cache/keepgate/debian/bookworm",
  ],
  [{ XDG_CACHE_HOME: undefined, HOME: undefined }, 'neither HOME nor XDG_CACHE_HOME is set'],
])('says which folder it needs: %o', async (env, reason) => {
  const { exitCode, stderr } = await run(env);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(reason);
  expect(stderr).toContain('set XDG_CACHE_HOME to a folder you can write to');
});
