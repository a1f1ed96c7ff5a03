import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dataFolder } from '../../domino/data-folder.ts';
import { Workplace } from '../workplace.ts';

const place = new Workplace();
const installation = {
  'keepconfig.d/10-ports.json': { PORT: 9880, MANAGMENTPORT: 9889, HOST: '0.0.0.0' },
  'keepconfig.d/20 odd\n# name.json': { bodyHandler: { bodyLimit: 5_000_000 }, httpIdleTimeout: 200 },
  'keepconfig.d/tls.json': { TLSFile: 'c:/d/k.pfx', TLSType: 'pfx', TLSPassword: 'geheim' },
  'keepconfig.d/cors.json': { CORS: { '^https?://.*\\.local$': true, '^https://keep\\.example\\.com:8443$': true } },
};
const init = (...args: string[]) => place.keepgate(['init', '--out', '-', ...args]);

it('an installation becomes a spec, with a remark for every value that was found', async () => {
  const data = dataFolder(installation);
  const env = place.write('domino.env', 'METRICSPORT=9890\n');
  const { exitCode, stdout, stderr } = await init('--from-keepconfig', data, '--environment-file', env);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.slice(stdout.indexOf('sites:'))).toBe(`sites:
  keep.example.com:
    hosts: [keep.example.com]       # CORS in cors.json
    preset:
      name: domino-rest-api
      layout: single-domain         # routed by path; subdomains takes apiHost and webHost
      backend: 127.0.0.1            # not found: HOST is not set, so the API listens on every address
      ports:
        data: 9880                  # PORT in 10-ports.json
        management: 9889            # MANAGMENTPORT in 10-ports.json
        metrics: 9890               # METRICSPORT in the environment
      # web: http://127.0.0.1:81    # Domino's own HTTP; without it / goes to the REST API
    bodyLimit: 4883k                # bodyHandler.bodyLimit in 20 odd?? name.json
    timeouts: {read: 210s}          # longer than httpIdleTimeout in 20 odd?? name.json
    listen: {https: 8443}           # CORS in cors.json
    # The REST API has TLS of its own: pfx # TLSFile in tls.json
    routes: {/: domino-rest-api}

upstreams:
  domino-rest-api:
    servers: ["127.0.0.1:9880"]
    tls: {name: keep.example.com}   # the name that its certificate is for
`);
  const folder = await init('--from-keepconfig', join(data, 'keepconfig.d'), '--environment-file', env);
  expect(folder.stdout).toBe(stdout);
  const { exitCode: checked } = await place.keepgate(['render', '-', '--nginx-version', '1.26.3'], { input: stdout });
  expect(checked).toBe(0);
});

it.each([
  [{ httpIdleTimeout: 0 }, undefined],
  [{ httpIdleTimeout: 0, verticles: { nsf: { threadTimeout: 600_000 } } }, 'read: 610s'],
  [{ httpIdleTimeout: 140, verticles: { nsf: { threadTimeout: 600_000 } } }, 'read: 610s'],
  [{ httpIdleTimeout: 700, verticles: { nsf: { threadTimeout: 600_000 } } }, 'read: 710s'],
  [{ verticles: { nsf: { threadTimeout: 30_000 } } }, undefined],
])('the proxy waits longer than the API: %j', async (settings, expected) => {
  const { stdout } = await init('--from-keepconfig', dataFolder({ 'keepconfig.d/a.json': settings }));
  expect(/read: \w+/.exec(stdout)?.[0]).toBe(expected);
});

it('--host says more than CORS, and nothing found is a spec all the same', async () => {
  const named = await init('--from-keepconfig', dataFolder(installation), '--host', 'other.example.com');
  expect(named.stdout).toContain('    hosts: [other.example.com]\n');
  const { exitCode, stdout } = await init('--from-keepconfig', dataFolder());
  expect({ exitCode, stdout }).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('hosts: [api.example.com]\n'),
  });
});

it('what can not be read is refused', async () => {
  const broken = dataFolder({ 'keepconfig.d/a.json': '{"PORT": 1,}' });
  expect(await init('--from-keepconfig', broken)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('a.json is not JSON (line 1)'),
  });
  const odd = dataFolder({ 'keepconfig.d/a.json': { PORT: 'x', CORS: { y: 'z' } } });
  expect((await init('--from-keepconfig', odd)).stderr).toContain('PORT in a.json is not a port from 1 to 65535');
  expect((await init('--from-keepconfig', join(odd, 'no'))).stderr).toContain('there is no such folder');
  expect((await init('--from-keepconfig', odd, '--environment-file', 'no.env')).stderr).toContain(
    'error domino-env-file: ',
  );
  expect(await init('--environment-file', 'no.env')).toMatchObject({ exitCode: 2 });
  expect(await init('--from-keepconfig', odd, '--preset', 'rest-api')).toMatchObject({ exitCode: 2 });
  writeFileSync(join(broken, 'keepconfig.d/a.json'), Buffer.alloc(1_000_001));
  expect((await init('--from-keepconfig', broken)).stderr).toContain('it is larger than 1 MB');
});
