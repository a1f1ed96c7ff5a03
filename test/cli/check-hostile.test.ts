import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nginxOf, suites } from '../parts.ts';
import { expectUntouched } from './untouched.ts';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
place.write('keepgate.yaml', minimal());
const everyNginx = suites.flatMap((suite) => ['--nginx', nginxOf(suite)]);

describe('raw text that is hostile', () => {
  /** It is there, and has no place in the sandbox. */
  const evil = place.write('evil.so', 'not even a library');
  const outside = '/etc/keepgate-was-here';
  const secret = 'include /etc/shadow;';
  const cases: readonly (readonly [name: string, site: string, verdict: RegExp])[] = [
    ['an engine', 'ssl_engine evil;', /"ssl_engine" directive is not allowed here/],
    [
      'an engine as key',
      `ssl_certificate /var/lib/keepgate/live/api/fullchain.pem; ssl_certificate_key "engine:${evil}:x";`,
      /engine:\S*evil\.so\S*: ENGINE_by_id\(\) failed \(could not load the shared library\)/,
    ],
    ['a module', `load_module ${evil};`, /"load_module" directive is not allowed here/],
    ['a password file', secret, /open\(\) "\/etc\/shadow" failed/],
    ['a log in /etc', `error_log ${outside};`, /open\(\) "\/etc\/keepgate-was-here" failed/],
    [
      'a log through a folder',
      'access_log /etc/cron.d/keepgate-was-here;',
      /open\(\) "\/etc\/cron\.d\/keepgate-was-here" failed/,
    ],
    ['a pid file', `pid ${outside};`, /"pid" directive is not allowed here/],
    ['a name for DNS', 'location /dns { proxy_pass http://keepgate-dns-test.example; }', /host not found in upstream/],
  ];

  it('gets nowhere, on any nginx', async () => {
    const found = await expectUntouched(() =>
      Promise.all(
        cases.map(async ([name, raw, verdict], index) => {
          const spec = place.write(`hostile-${index}.yaml`, minimal(`    raw: ${JSON.stringify(raw)}\n`));
          const run = await place.keepgate(['check', spec, '--allow-raw', ...everyNginx, '--format', 'json'], {
            timeout: 240_000,
          });
          return { name, verdict, ...run };
        }),
      ),
    );
    for (const { name, verdict, exitCode, stdout } of found) {
      expect({ name, exitCode }).toEqual({ name, exitCode: 1 });
      const { diagnostics, nginx } = JSON.parse(stdout);
      expect(nginx.map(({ outcome }: { outcome: string }) => outcome)).toEqual(suites.map(() => 'refused'));
      const words = (diagnostics as { severity: string; message: string }[])
        .filter(({ severity }) => severity !== 'info')
        .map(({ message }) => message);
      expect(words.join('\n')).toMatch(verdict);
      expect(stdout).not.toContain('root:');
    }
  }, 120_000);

  it('gets nowhere at the level of all of nginx either, where a template of a user puts it', async () => {
    const shared = readFileSync('templates/shared.conf.hbs', 'utf8');
    for (const [name, text] of [
      ['engine', 'ssl_engine evil;'],
      ['module', `load_module ${evil};`],
    ] as const) {
      place.write(`templates-${name}/shared.conf.hbs`, `${text}\n${shared}\n`);
      const { exitCode, stdout, stderr } = await expectUntouched(() =>
        place.keepgate(['check', '--templates', `templates-${name}`, ...everyNginx], { timeout: 240_000 }),
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
      expect(stdout).toMatch(
        /error nginx-refused: nginx 1\.\S+: "(ssl_engine|load_module)" directive is not allowed here/,
      );
    }
  }, 120_000);
});
