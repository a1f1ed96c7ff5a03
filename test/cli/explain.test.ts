import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configureFor } from '../../src/cli/configuration.ts';
import { pages } from '../../src/diagnostic-pages.ts';
import { explainSpec } from '../../src/model/explain.ts';
import { render } from '../../src/render/render.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { targets } from '../targets.ts';
import { expectText } from '../text-fixture.ts';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
const fixtures = resolve(import.meta.dirname, 'explain');
const examples = readdirSync('examples').filter((name) => name.endsWith('.yaml'));

/** The files that a spec becomes, and the spec as `explain` prints it. */
function both(text: string, target = targets['debian-13']) {
  const loaded = loadSpec([{ file: 'spec.yaml', bytes: Buffer.from(text) }]);
  if (!loaded.spec) throw new Error(`${loaded.diagnostics[0]?.message}\n${text}`);
  const configured = configureFor(loaded.spec, loaded.places, target, {
    allowRaw: true,
    layout: () => 'debian',
  });
  if (!configured.ok) throw new Error(`${configured.diagnostics[0]?.message}\n${text}`);
  const { resolved, spec, places } = configured.configuration;
  return {
    files: render(resolved.model, target).files,
    explained: explainSpec(spec, resolved.expanded, places, { target, layout: 'debian', targetOrigin: 'the test' }),
  };
}

function expectSameFiles(text: string, target = targets['debian-13']): void {
  const { files, explained } = both(text, target);
  const again = both(explained, target);
  expect(again.files).toEqual(files);
  // and there is nothing left to resolve
  const bare = (yaml: string): string => yaml.replace(/ +#.*$/gm, '');
  expect(bare(again.explained)).toBe(bare(explained));
}

describe('the resolved spec', () => {
  it.each(examples)('of %s renders to the same files', (name) => {
    for (const target of Object.values(targets)) expectSameFiles(readFileSync(`examples/${name}`, 'utf8'), target);
  });

  it('of any preset renders to the same files', () => {
    const port = fc.integer({ min: 2000, max: 60_000 });
    const role = fc.option(fc.record({ allow: fc.constant(['10.0.0.5']) }), { nil: undefined });
    const restApi = fc.record(
      {
        name: fc.constant('rest-api'),
        backend: fc.constantFrom('127.0.0.1', '10.0.0.9', '::1'),
        ports: fc.record({ data: port, health: port, metrics: port, management: port }, { requiredKeys: ['data'] }),
        health: role,
        metrics: role,
      },
      { requiredKeys: ['name', 'ports'] },
    );
    const domino = fc.record(
      {
        name: fc.constant('domino-rest-api'),
        backend: fc.constantFrom('127.0.0.1', '10.0.0.9'),
        ports: fc.record({ data: port, metrics: port }, { requiredKeys: [] }),
        web: fc.constantFrom('http://127.0.0.1:81', 'https://10.0.0.7:1443'),
        metrics: role,
        health: role,
      },
      { requiredKeys: ['name', 'web'] },
    );
    const subdomains = domino.map((preset) => ({
      ...preset,
      layout: 'subdomains',
      apiHost: 'a.example.com',
      webHost: 'b.example.com',
    }));
    const site = fc.record(
      {
        hosts: fc.constant(['a.example.com', 'b.example.com']),
        preset: fc.oneof(restApi, domino, subdomains),
        bodyLimit: fc.constantFrom('1m', 'unlimited'),
        http3: fc.boolean(),
        tls: fc.record({ profile: fc.constantFrom('modern', 'intermediate@6.0') }),
        routes: fc.constant({ '/more': { upstream: 'http://127.0.0.1:1999', timeouts: { read: '1h' } } }),
        headers: fc.constant({ request: { 'X-A': null, 'X-B': '# "b": \\ \'' } }),
      },
      { requiredKeys: ['hosts', 'preset'] },
    );
    const acme = fc.record(
      { store: fc.constantFrom('/srv/a', '/srv/b'), email: fc.constant('a@example.com') },
      { requiredKeys: [] },
    );
    const spec = fc.record(
      { version: fc.constant(1), sites: fc.record({ one: site }), acme, defaults: fc.record({ http2: fc.boolean() }) },
      { requiredKeys: ['version', 'sites'] },
    );
    fc.assert(
      fc.property(spec, fc.constantFrom(...Object.values(targets)), (value, target) => {
        expectSameFiles(JSON.stringify(value), target);
      }),
      { numRuns: 150 },
    );
  });

  it('says where each value comes from: a preset', async () => {
    const { exitCode, stdout, stderr } = await place.keepgate(
      ['explain', 'domino-single-domain.yaml', '--nginx-version', '1.26.3'],
      { cwd: resolve('examples') },
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    // the layout is this machine's
    const text = stdout.replace(/^ {2}layout: \S+ +#.*$/m, '  layout: …');
    expectText(text, join(fixtures, 'domino-single-domain.txt'));
  });

  it('says where each value comes from: defaults, acme, the site itself, another file', async () => {
    const specs = ['layers.yaml', 'layers-upstreams.yaml'];
    const { exitCode, stdout, stderr } = await place.keepgate(['explain', ...specs], { cwd: fixtures });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expectText(stdout, join(fixtures, 'layers.txt'));
    const again = await place.keepgate(['render', '-'], { input: stdout });
    const before = await place.keepgate(['render', ...specs], { cwd: fixtures });
    expect(again.exitCode).toBe(0);
    const unnamed = (text: string): string =>
      text.replace(/^# Made by keepgate from .*, site/gm, '# Made by keepgate, site');
    expect(unnamed(again.stdout)).toBe(unnamed(before.stdout));
  });

  it('names the nginx that it is for, and who says so', async () => {
    place.write('keepgate.yaml', minimal());
    place.write('pinned.yaml', `${minimal()}nginx: {target: 1.22.1}\n`);
    const origin = async (...args: string[]): Promise<string | undefined> =>
      /^ {2}target: \{ version: (\S+), .*# (.*)$/m
        .exec((await place.keepgate(['explain', ...args])).stdout)
        ?.slice(1)
        .join(' ');
    expect(await origin()).toBe('1.22.1 the nginx installed here');
    expect(await origin('--nginx-version', '1.26.3')).toBe('1.26.3 the command line');
    expect(await origin('pinned.yaml')).toBe('1.22.1 nginx.target');
  });

  it('can be had as JSON: what templates see', async () => {
    place.write('keepgate.yaml', minimal());
    const { stdout } = await place.keepgate(['explain', '--format', 'json', '--nginx-version', '1.26.3']);
    const { target, layout, sites, shared } = JSON.parse(stdout);
    expect(target.version).toBe('1.26.3');
    expect(layout).toBe(
      existsSync('/etc/nginx/conf.d') && !existsSync('/etc/nginx/sites-enabled') ? 'conf.d' : 'debian',
    );
    expect(sites).toMatchObject([{ name: 'api', hosts: ['api.example.com'], http2: true }]);
    expect(shared.refuseHttp).toEqual(['80', '[::]:80']);
  });

  it('of a spec that is wrong is the report of what is wrong', async () => {
    place.write('wrong.yaml', minimal('    canonicalHost: www.example.com\n'));
    const { exitCode, stdout, stderr } = await place.keepgate(['explain', 'wrong.yaml', '--nginx-version', '1.26.3']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('wrong.yaml:6:20: error host-not-listed:');
  });
});

describe('a code', () => {
  it('has its page', async () => {
    const { exitCode, stdout } = await place.keepgate(['explain', 'duplicate-host']);
    const page = pages.get('duplicate-host');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `duplicate-host: ${page?.title}\n\n${page?.text}\n` });
    const json = await place.keepgate(['explain', 'duplicate-host', '--format', 'json']);
    expect(JSON.parse(json.stdout)).toEqual({ code: 'duplicate-host', ...page });
  });

  it('that is none is told from those that are', async () => {
    expect(await place.keepgate(['explain', 'duplicate-hots'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error unknown-code: there is no code "duplicate-hots"; did you mean "duplicate-host"?\n\n1 error\n',
    });
    expect((await place.keepgate(['explain', 'such-a-thing'])).stderr).toContain(
      'there is no code "such-a-thing", and no file\n',
    );
  });

  it('is told from a spec of that name', async () => {
    mkdirSync(join(place.folder, 'my-api'));
    place.write('my-api/a.yaml', minimal());
    mkdirSync(join(place.folder, 'duplicate-host'));
    place.write('duplicate-host/a.yaml', minimal());
    const first = async (what: string): Promise<string | undefined> =>
      (await place.keepgate(['explain', what, '--nginx-version', '1.26.3'])).stdout.split('\n')[0];
    expect(await first('my-api')).toBe('version: 1');
    expect(await first('duplicate-host')).toMatch(/^duplicate-host: /);
    expect(await first('./duplicate-host')).toBe('version: 1');
  });
});

it('explains as many sites as anybody has', () => {
  const { spec, places } = loadSpec([{ file: 'a.yaml', bytes: Buffer.from(minimal()) }]);
  if (!spec) throw new Error('no spec');
  const target = targets['debian-13'];
  const configured = configureFor(spec, places, target, { allowRaw: false, layout: () => 'debian' });
  if (!configured.ok) throw new Error('not resolved');
  const { expanded } = configured.configuration.resolved;
  const options = { target, layout: 'debian', targetOrigin: 'the test' } as const;
  const many = explainSpec(spec, Array(10_000).fill(expanded[0]), places, options);
  expect(many.split('\n').length).toBeGreaterThan(200_000);
});
