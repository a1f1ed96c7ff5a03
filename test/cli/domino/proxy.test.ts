import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder, json, snapshot } from '../../domino/data-folder.ts';
import { minimal, Workplace } from '../workplace.ts';

const place = new Workplace();
let count = 0;

/** The path of a spec with one site of the preset. */
function spec(preset = '', site = ''): string {
  count += 1;
  const text = `version: 1
sites:
  domino:
    hosts: [api.example.com, "*.apps.example.com"]
    preset: {name: domino-rest-api${preset}}
${site}`;
  return place.write(`spec${count}.yaml`, text);
}

const proxy = (data: string, ...args: string[]) => place.keepgate(['domino', 'proxy', '--data', data, ...args]);

describe('domino proxy', () => {
  it('writes what the proxy needs, in two files, and undoes it', async () => {
    const data = dataFolder({ 'keepconfig.d/mine.json': { CORS: { '^https?://localhost$': true } } });
    const before = snapshot(data);
    const file = spec(', ports: {data: 9880}', '    bodyLimit: 1g\n    timeouts: {read: 5m}\n');
    expect(await proxy(data, file)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `wrote keepconfig.d/keepgate-proxy.json and keepconfig.d/keepgate-timeout.json in ${data}; --undo puts back what was there (keepgate-backup/0001-proxy)

Next, on Domino's console (load restapi instead, if the task doesn't run)
  tell restapi reload
`,
    });
    expect(json(data, 'keepgate-proxy.json')).toEqual({
      HOST: '127.0.0.1',
      PORT: 9880,
      bodyHandler: { bodyLimit: 1_073_741_824 },
      CORS: { '^https://api\\.example\\.com$': true, '^https://[a-z0-9.-]+\\.apps\\.example\\.com$': true },
    });
    expect(readFileSync(join(data, 'keepconfig.d/keepgate-timeout.json'), 'utf8')).toBe(
      '{\n  "httpIdleTimeout": 290\n}\n',
    );
    const dry = await proxy(data, file, '--undo', '--dry-run');
    expect(dry.stdout).toContain('+++ /dev/null\n');
    expect(await proxy(data, '--undo')).toMatchObject({ exitCode: 0 });
    expect(snapshot(data)).toEqual(before);
  });

  it('writes CORS as expressions that allow the public names, and nothing that looks like them', async () => {
    const data = dataFolder();
    await proxy(data, spec('', '    listen: {https: 8443}\n'));
    const allowed = Object.keys(json(data, 'keepgate-proxy.json').CORS as object).map((text) => new RegExp(text));
    const isAllowed = (origin: string): boolean => allowed.some((expression) => expression.test(origin));
    for (const origin of [
      'https://api.example.com:8443',
      'https://a.apps.example.com:8443',
      'https://a.b.apps.example.com:8443',
    ])
      expect([origin, isAllowed(origin)]).toEqual([origin, true]);
    for (const origin of [
      'https://api.example.com',
      'http://api.example.com:8443',
      'https://apiXexample.com:8443',
      'https://api.example.com:8443.evil.example',
      'https://evil.example/https://api.example.com:8443',
      'https://apps.example.com:8443',
      'https://evil.example:8443/.apps.example.com:8443',
    ])
      expect([origin, isAllowed(origin)]).toEqual([origin, false]);
  });

  it('writes host names for a REST API up to 1.1.2', async () => {
    const data = dataFolder();
    await proxy(data, spec(), '--api-version', '1.1.2');
    expect(json(data, 'keepgate-proxy.json').CORS).toEqual({ 'api.example.com': true, '.apps.example.com': true });
    const other = dataFolder();
    await proxy(other, spec(), '--api-version', '1.2');
    expect(Object.keys(json(other, 'keepgate-proxy.json').CORS as object)).toContain('^https://api\\.example\\.com$');
  });

  it('leaves the ports open to a proxy on another machine', async () => {
    const data = dataFolder({ 'keepconfig.d/keepgate-proxy.json': { HOST: '127.0.0.1', mine: [1] } });
    expect(await proxy(data, spec(', backend: 10.0.0.20'))).toMatchObject({ exitCode: 0 });
    expect(json(data, 'keepgate-proxy.json')).not.toHaveProperty('HOST');
    expect(json(data, 'keepgate-proxy.json')).toMatchObject({ mine: [1] });
    const closed = dataFolder({ 'keepconfig.d/a.json': { HOST: '127.0.0.1' } });
    expect((await proxy(closed, spec(', backend: 10.0.0.20'))).stderr).toContain('error domino-host-loopback: ');
  });

  it('takes the site of the API from the layout subdomains', async () => {
    const data = dataFolder();
    await proxy(data, resolve('examples/domino-subdomains.yaml'));
    expect(json(data, 'keepgate-proxy.json').CORS).toEqual({ '^https://keep\\.example\\.com$': true });
  });

  it('prepares files for another machine', async () => {
    const { exitCode, stderr } = await place.keepgate(['domino', 'proxy', spec(), '--out', 'prepared']);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('Next: copy what is in prepared to'),
    });
    expect(json(join(place.folder, 'prepared'), 'keepgate-timeout.json')).toEqual({ httpIdleTimeout: 140 });
  });

  const cases: readonly (readonly [what: string, code: string, files: Record<string, object>, spec: string])[] = [
    ["the API's own TLS", 'domino-tls-on', { 'keepconfig.d/tls.json': { TLSFile: '/k', TLSType: 'pfx' } }, spec()],
    ['the Certificate Manager', 'domino-tls-on', { 'keepconfig.d/tls.json': { TLSCertStore: true } }, spec()],
    ['another port', 'domino-port-differs', { 'keepconfig.d/p.json': { PORT: 9880 } }, spec()],
    ['a later HOST', 'domino-overridden', { 'keepconfig.d/z.json': { HOST: '10.0.0.1' } }, spec()],
    [
      'a later false',
      'domino-overridden',
      { 'keepconfig.d/z.json': { CORS: { '^https://api\\.example\\.com$': false } } },
      spec(),
    ],
    ['a later bodyHandler', 'domino-overridden', { 'keepconfig.d/z.json': { bodyHandler: 1 } }, spec()],
    ['a file that is not alone', 'domino-not-alone', { 'keepconfig.d/keepgate-timeout.json': { mine: 1 } }, spec()],
    ['no time at all', 'domino-timeout-short', {}, spec('', '    timeouts: {read: 5s}\n')],
    ['another preset', 'domino-no-site', {}, place.write('none.yaml', minimal())],
  ];

  it.each(cases)('refuses %s (%s), and changes nothing', async (_what, code, files, file) => {
    const data = dataFolder(files);
    const before = snapshot(data);
    const { exitCode, stdout, stderr } = await proxy(data, file);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(`error ${code}: `),
    });
    expect(snapshot(data)).toEqual(before);
    expect(existsSync(join(data, 'keepgate-backup'))).toBe(false);
  });

  it('warns of a proxy that is more impatient than the API, and asks for a site where there are several', async () => {
    const short = await proxy(dataFolder(), spec('', '    timeouts: {read: 60s}\n'));
    expect(short).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('warning domino-timeout-short: ') });
    const patient = dataFolder({ 'keepconfig.d/a.json': { verticles: { nsf: { threadTimeout: 600_000 } } } });
    expect((await proxy(patient, spec())).stderr).toContain('and the API takes up to 600 for a request');
    const two = place.write(
      'two.yaml',
      readFileSync(spec(), 'utf8').replace(
        /^ {2}domino:[\s\S]*/m,
        (site) => `${site}${site.replace('domino:', 'other:').replace(/hosts.*/, 'hosts: [b.example.com]')}`,
      ),
    );
    expect((await proxy(dataFolder(), two)).stderr).toContain(
      'several sites with the preset domino-rest-api: domino, other',
    );
    const data = dataFolder();
    expect(await proxy(data, two, '--site', 'other')).toMatchObject({ exitCode: 0 });
    expect(json(data, 'keepgate-proxy.json').CORS).toEqual({ '^https://b\\.example\\.com$': true });
  });

  it.each([
    [['domino', 'proxy'], "name Domino's data folder with --data"],
    [
      ['domino', 'proxy', '--data', '.', '--api-version', 'new'],
      '--api-version takes a version such as 1.1.3, not "new"',
    ],
  ])('%j', async (args, message) => {
    expect(await place.keepgate(args)).toEqual({ exitCode: 2, stdout: '', stderr: `keepgate: ${message}\n` });
  });
});
