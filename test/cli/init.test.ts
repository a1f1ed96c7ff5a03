import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nginxOf, parts, suites } from '../parts.ts';
import { expectText } from '../text-fixture.ts';
import { Workplace } from './workplace.ts';

const place = new Workplace();
const fixtures = resolve(import.meta.dirname, 'init');

const variants: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['plain', []],
  ['hosts', ['--host', 'api.example.com', '--host', 'www.example.com', '--upstream', 'http://127.0.0.1:3000']],
  ['rest-api', ['--preset', 'rest-api', '--host', 'api.example.com']],
  ['domino', ['--preset', 'domino-rest-api', '--host', 'domino.example.com']],
  ['international', ['--host', 'bücher.example', '--upstream', 'http://127.0.0.1:3000']],
];

describe.each(variants)('%s', (name, args) => {
  it('is written for people, who are told what to do next, and passes the check without a warning', async () => {
    const out = `${name}.yaml`;
    const { exitCode, stdout, stderr } = await place.keepgate(['init', ...args, '--out', out]);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `wrote ${out}\n\nNext: read it, then\n  keepgate check ${out}\n`,
    });
    const text = readFileSync(join(place.folder, out), 'utf8');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    expectText(text.replace(/openssl: "[^"]+"/, 'openssl: "…"'), join(fixtures, `${name}.txt`));
    const printed = await place.keepgate(['init', ...args, '--out', '-']);
    expect(printed).toEqual({ exitCode: 0, stdout: text, stderr: '' });

    const every = suites.flatMap((suite) => ['--nginx', nginxOf(suite)]);
    for (const which of name === 'domino' ? [[], every] : [[]]) {
      const { exitCode, stdout } = await place.keepgate(['check', out, '--fail-on', 'warning', ...which]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout });
    }
  });
});

it('offers what it says: the commented options can be uncommented', async () => {
  for (const [name, args] of variants) {
    const { stdout } = await place.keepgate(['init', ...args, '--out', '-']);
    const more = stdout.replace(/^( *)# (?=\s*[\w/-]+: ?(?:[^ ]|$))/gm, '$1').replace(/^( *)# {3}(?=\S)/gm, '$1  ');
    expect(more).not.toBe(stdout);
    const { exitCode, stderr } = await place.keepgate(['render', '-', '--nginx-version', '1.26.3'], { input: more });
    expect({ name, exitCode, stderr, more }).toMatchObject({ name, exitCode: 0 });
  }
});

describe('the target', () => {
  it.each([
    ['angie', '{version: "1.27.3", openssl: "3.0.19", fork: Angie/1.8.3}'],
    ['openresty', '{version: "1.27.1", openssl: "3.0.15", fork: OpenResty/1.27.1.1}'],
    ['boringssl', '{version: "1.29.1", openssl: "BoringSSL"}'],
    ['bare', '{version: "1.31.5", openssl: "0", modules: [], without: [http_gzip_module, http_upstream_zone_module]}'],
  ])('says what is unusual about %s, and is a target', async (name, expected) => {
    const V = readFileSync(`test/model/nginx-V/${name}.txt`, 'utf8').trimEnd();
    const program = place.nginx(name, { V });
    const { stdout } = await place.keepgate(['init', '--out', '-'], {
      env: { PATH: `${resolve(program, '..')}:${process.env.PATH}` },
    });
    expect(stdout).toContain(`  target: ${expected}\n`);
    const { stderr } = await place.keepgate(['render', '-'], { input: stdout });
    expect(stderr.match(/error \S+/g) ?? []).toEqual(name === 'bare' ? ['error module-missing:'] : []);
  });

  it('is the nginx that is installed', async () => {
    for (const [suite, version] of [
      ['bookworm', '1.22.1'],
      ['trixie', '1.26.3'],
    ] as const) {
      const env = { PATH: `${resolve(parts.nginx[suite], '..')}:${process.env.PATH}` };
      const { stdout } = await place.keepgate(['init', '--out', '-'], { env });
      expect(stdout).toMatch(new RegExp(`^ {2}target: \\{version: "${version}", openssl: "3\\.\\d+\\.\\d+"\\}$`, 'm'));
    }
  });

  it('is auto where there is none', async () => {
    const { exitCode, stdout } = await place.keepgate(['init', '--out', '-'], { env: { PATH: '/nowhere' } });
    expect(exitCode).toBe(0);
    if (!existsSync('/usr/sbin/nginx')) expect(stdout).toMatch(/^ {2}target: auto {3}# /m);
    const odd = place.nginx('odd', { V: 'no nginx at all' });
    const env = { PATH: `${resolve(odd, '..')}:${process.env.PATH}` };
    expect((await place.keepgate(['init', '--out', '-'], { env })).stdout).toMatch(/^ {2}target: auto {3}# /m);
  });
});

describe('never', () => {
  it('overwrites a file, nor what a link leads to', async () => {
    const mine = place.write('mine.yaml', 'mine\n');
    symlinkSync(mine, join(place.folder, 'link.yaml'));
    symlinkSync(join(place.folder, 'new.yaml'), join(place.folder, 'dangling.yaml'));
    for (const out of ['mine.yaml', 'link.yaml', 'dangling.yaml', '.']) {
      expect(await place.keepgate(['init', '--out', out])).toEqual({
        exitCode: 1,
        stdout: '',
        stderr:
          `error spec-exists: ${out} exists already, and stays as it is\n` +
          '  help: Name another file with --out, or print the spec with --out -\n\n1 error\n',
      });
    }
    expect(readFileSync(mine, 'utf8')).toBe('mine\n');
    expect(lstatSync(join(place.folder, 'link.yaml')).isSymbolicLink()).toBe(true);
    expect(existsSync(join(place.folder, 'new.yaml'))).toBe(false);
  });

  it('makes a folder', async () => {
    expect(await place.keepgate(['init', '--out', 'no/such/keepgate.yaml'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("no/such/keepgate.yaml can't be written: there is no such folder\n"),
    });
  });

  it.each([
    ['--host', '_', 'invalid-host'],
    ['--host', '.example.com', 'invalid-host'],
    ['--host', 'x"b"y', 'invalid-host'],
    ['--host', 'a.example.com]\nupstreams: {}\n#', 'forbidden-character'],
    ['--host', 'a.example.com, b.example.com', 'invalid-host'],
    ['--host', "a.example.com'; rm -rf /", 'invalid-host'],
    ['--host', '$host', 'invalid-host'],
    ['--upstream', 'http://127.0.0.1:8080/;', 'invalid-upstream'],
    ['--upstream', 'http://$host', 'invalid-upstream'],
    ['--upstream', 'http://u:secret-word@127.0.0.1:1', 'invalid-upstream'],
    ['--upstream', 'http://127.0.0.1:1"\n    raw: "evil;', 'forbidden-character'],
    ['--upstream', 'http://169.254.169.254', 'invalid-upstream'],
    ['--upstream', 'data', 'unknown-upstream'],
  ])('writes %s %j that the grammar refuses', async (option, value, code) => {
    const { exitCode, stdout, stderr } = await place.keepgate(['init', option, value, '--out', 'hostile.yaml']);
    expect(existsSync(join(place.folder, 'hostile.yaml'))).toBe(false);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^the new spec:\\d+:\\d+: error ${code}: `));
    expect(stderr).not.toContain('secret-word');
  });

  it('mistakes a word of YAML for anything but a host', async () => {
    const hosts = ['1e3', 'true', 'null', 'no'].flatMap((host) => ['--host', host]);
    const { exitCode, stdout } = await place.keepgate(['init', ...hosts, '--out', '-']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining('    hosts: ["1e3", "true", "null", "no"]\n'),
    });
  });

  it('takes what makes no sense together', async () => {
    const { exitCode, stderr } = await place.keepgate([
      'init',
      '--preset',
      'rest-api',
      '--upstream',
      'http://127.0.0.1:1',
    ]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'keepgate: --preset and --upstream exclude each other\n',
    });
  });
});
