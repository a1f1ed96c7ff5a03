import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findNginx, inspectNginx } from '../../src/nginx/binary.ts';
import { nginxOf, suites } from '../parts.ts';
import { useOwnTemporaryFolder } from './test-tree.ts';

const folder = useOwnTemporaryFolder();

function script(name: string, text: string, mode = 0o755): string {
  const path = join(folder.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('findNginx', () => {
  it('takes the first on PATH that can be executed', async () => {
    const second = script('two/nginx', '#!/bin/sh\n');
    mkdirSync(join(folder.path, 'none/nginx'), { recursive: true });
    const path = ['', join(folder.path, 'absent'), join(folder.path, 'none'), dirname(second)].join(':');
    expect(await findNginx({ PATH: path })).toBe(second);
  });

  it('looks where an ordinary PATH does not', async () => {
    const found = await findNginx({ PATH: '/usr/bin:/bin' });
    expect(found ?? '/usr/sbin/nginx').toMatch(/^\/usr\/(local\/(nginx\/)?)?sbin\/nginx$/);
  });
});

describe('inspectNginx', () => {
  it.each(suites)('knows the nginx of Debian %s and its configuration', async (suite) => {
    const nginx = await inspectNginx(nginxOf(suite));
    expect(nginx.path).toBe(nginxOf(suite));
    expect(nginx.target.modules).toContain('http_ssl_module');
    expect(nginx.configure).toContain('--pid-path=/run/nginx.pid');
    expect(readFileSync(join(nginx.confDir ?? '', 'nginx.conf'), 'utf8')).toContain('sites-enabled');
  });

  it('takes the folder that it was built with where there is none beside it', async () => {
    const conf = join(folder.path, 'etc-elsewhere');
    mkdirSync(conf);
    const says = (path: string) =>
      `#!/bin/sh\nprintf 'nginx version: nginx/1.24.0\\nconfigure arguments: --conf-path=${path}\\n' >&2\n`;
    const path = script('built/sbin/nginx', says(`${conf}/nginx.conf`));
    expect((await inspectNginx(path)).confDir).toBeUndefined();
    writeFileSync(join(conf, 'nginx.conf'), '');
    expect((await inspectNginx(path)).confDir).toBe(conf);
  });

  it('resolves links and relative paths', async () => {
    const link = join(folder.path, 'nginx-link');
    symlinkSync(nginxOf('bookworm'), link);
    expect((await inspectNginx(link)).path).toBe(nginxOf('bookworm'));
  });

  it.each([
    ['absent', () => join(folder.path, 'absent'), 'there is no such file'],
    ['a folder', () => folder.path, 'it is not a file'],
    ['not executable', () => script('plain', '#!/bin/sh\n', 0o644), 'this user may not execute it'],
    ['not a program', () => script('text', '\0\u0001\u0002'), 'nginx -V said'],
    ['a missing interpreter', () => script('interpreter', '#!/nowhere/sh\n'), "it can't be started"],
    [
      'garbage',
      () => script('garbage', '#!/bin/sh\nprintf "who\\n::error::x\\n" >&2\n'),
      'nginx -V said: who::error::x',
    ],
    ['silent', () => script('silent', '#!/bin/sh\n'), 'nginx -V said nothing'],
    ['failing', () => script('failing', '#!/bin/sh\necho nginx version: nginx/1.24.0 >&2; exit 1\n'), 'nginx -V said'],
    ['crashing', () => script('crashing', '#!/bin/sh\nkill -SEGV $$\n'), 'nginx -V said nothing'],
    ['hanging', () => script('hanging', '#!/bin/sh\nsleep 60 & setsid sleep 16\n'), 'nginx -V did not end within 15 s'],
  ])('%s: says why and what to do', async (_, make, reason) => {
    const path = make();
    await expect(inspectNginx(path)).rejects.toMatchObject({
      exitCode: 4,
      diagnostic: {
        code: 'nginx-not-runnable',
        message: expect.stringContaining(`${path} can't be used as nginx: ${reason}`),
        help: expect.stringContaining('--nginx'),
      },
    });
  });
});
