import { describe, expect, it } from 'vitest';
import { nginxOf, suites } from '../parts.ts';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
const tls = (cert: string, key: string): string => minimal(`    tls: {certificate: {cert: ${cert}, key: ${key}}}\n`);
const users = '    basicAuth: {realm: x, userFile: /srv/users}\n';
const below = 'which is a file too';

describe('paths that exclude each other are one finding in the spec, and no tree is laid out', () => {
  it.each([
    [
      'a key below its certificate',
      tls('/srv/a', '/srv/a/key.pem'),
      `/srv/a/key.pem can't be there: .*/srv/a, ${below}`,
    ],
    ['below a user file', `${tls('/srv/users/a', '/srv/k')}${users}`, `/srv/users/a can't be there: .*${below}`],
    ['below /etc/passwd', tls('/etc/passwd/etc/ssl/a', '/srv/k'), '/etc/passwd, which is a file of the system'],
    ['below nginx.conf', tls('/etc/nginx/nginx.conf/a', '/srv/k'), 'nginx.conf, which is a file of the system'],
    ['a folder of the system', tls('/etc/nginx', '/srv/k'), "/etc/nginx can't be a file: it is a folder of the system"],
    ['where logs lie', tls('/srv/c', '/var/log/nginx'), "/var/log/nginx can't be a file"],
  ])('%s', async (name, text, message) => {
    const spec = place.write(`${name.replace(/\W/g, '-')}.yaml`, text);
    const every = suites.flatMap((suite) => ['--nginx', nginxOf(suite)]);
    const { exitCode, stdout } = await place.keepgate(['check', spec, ...every, '--format', 'json']);
    const { diagnostics, nginx } = JSON.parse(stdout);
    expect(exitCode).toBe(1);
    expect(nginx).toEqual([]);
    const errors = diagnostics.filter(({ code }: { code: string }) => code === 'path-below-file');
    expect(errors).toMatchObject([
      { severity: 'error', site: 'api', at: { line: 6 }, message: expect.stringMatching(message) },
    ]);
  });

  it('names both sides', async () => {
    const spec = place.write('both.yaml', `${tls('/srv/users/a', '/srv/k')}${users}`);
    const { stdout } = await place.keepgate(['check', spec, '--nginx', '/nowhere', '--format', 'json']);
    const found = JSON.parse(stdout).diagnostics.find(({ code }: { code: string }) => code === 'path-below-file');
    expect(found.related).toMatchObject([{ message: '/srv/users is a file here', at: { line: 7 } }]);
  });

  it('but not paths that only begin alike, nor one file that several sites name', async () => {
    const site = tls('/srv/a', '/srv/a.key').replace('version: 1\nsites:\n', '');
    const spec = place.write(
      'alike.yaml',
      `version: 1\nsites:\n${site}${site.replace('api:', 'b:').replace('api.', 'b.')}`,
    );
    const { stdout } = await place.keepgate(['check', spec, '--nginx', nginxOf('bookworm'), '--format', 'json']);
    const { diagnostics, nginx } = JSON.parse(stdout);
    expect(diagnostics.map(({ code }: { code: string }) => code)).not.toContain('path-below-file');
    expect(nginx).toMatchObject([{ outcome: 'passed' }]);
  });
});
