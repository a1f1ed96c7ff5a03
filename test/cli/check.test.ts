import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { nginxOf, parts, suites } from '../parts.ts';
import { emptyPath, minimal, Workplace } from './workplace.ts';

const place = new Workplace();
const everyNginx = suites.flatMap((suite) => ['--nginx', nginxOf(suite)]);
const bookworm = ['--nginx', parts.nginx.bookworm];
const awaited =
  'info certificate-missing: the certificate of 1 site does not exist yet (api); the test takes a stand-in';

interface Found {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly site?: string;
  readonly help?: string;
  readonly at?: { readonly file: string; readonly line: number; readonly column: number };
  readonly related?: readonly { readonly at: { readonly file: string; readonly source: string } }[];
}

const accepted = 'nginx 1.22.1 accepts what is rendered for it (nginx -t, in a sandbox)\n';

/** The findings that are no hints, as codes with their place in the spec. */
const placed = (stdout: string): string[] =>
  (JSON.parse(stdout).diagnostics as Found[])
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, at }) => `${code} ${at?.file}:${at?.line}:${at?.column}`);

place.write('keepgate.yaml', minimal());
place.write(
  'remote.yaml',
  minimal().replace('127.0.0.1', '10.0.0.20'), // in clear across a network: a warning
);

describe('a spec that is right', () => {
  it('passes with the nginx that is installed here, and says what the test took', async () => {
    const { exitCode, stdout, stderr } = await place.keepgate(['check']);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: `${awaited}\n\n1 hint\n${accepted}`,
      stderr: '',
    });
  });

  it('fails from the severity on that --fail-on names', async () => {
    const codes = await Promise.all(
      ['error', 'warning', 'info'].flatMap((severity) =>
        ['keepgate.yaml', 'remote.yaml'].map(async (spec) => {
          const { exitCode } = await place.keepgate(['check', spec, '--fail-on', severity]);
          return [severity, spec, exitCode];
        }),
      ),
    );
    expect(codes).toEqual([
      ['error', 'keepgate.yaml', 0],
      ['error', 'remote.yaml', 0],
      ['warning', 'keepgate.yaml', 0],
      ['warning', 'remote.yaml', 1],
      ['info', 'keepgate.yaml', 1],
      ['info', 'remote.yaml', 1],
    ]);
  });

  it('may give a reason for what it ignores, which is counted', async () => {
    const ignore = '    lint: {ignore: [{code: plain-remote-backend, reason: a cable between the two}]}\n';
    const spec = place.write('ignored.yaml', minimal(ignore).replace('127.0.0.1', '10.0.0.20'));
    const text = await place.keepgate(['check', spec, '--fail-on', 'warning']);
    expect(text).toMatchObject({
      exitCode: 0,
      stdout: `${awaited}\n\n1 hint; 1 finding ignored with a reason\n${accepted}`,
    });
    const { ignored, summary } = JSON.parse((await place.keepgate(['check', spec, '--format', 'json'])).stdout);
    expect(summary).toMatchObject({ warnings: 0, ignored: 1 });
    expect(ignored).toMatchObject([
      { reason: 'a cable between the two', diagnostic: { code: 'plain-remote-backend', site: 'api' } },
    ]);
  });

  it('contradicts the nginx that is installed, or not', async () => {
    const pinned = place.write('pinned.yaml', `${minimal()}nginx: {target: 1.26.3}\n`);
    const { exitCode, stdout } = await place.keepgate(['check', pinned, '--format', 'json']);
    expect(exitCode).toBe(1);
    expect(placed(stdout)).toEqual(['target-mismatch pinned.yaml:6:17']);
    const right = place.write('right.yaml', `${minimal()}nginx: {target: 1.22.1}\n`);
    expect((await place.keepgate(['check', right])).exitCode).toBe(0);
  });

  it('is tested with the nginx that it is for, or says that it was not', async () => {
    const pinned = place.write('pinned.yaml', `${minimal()}nginx: {target: 1.26.3}\n`);
    const other = await place.keepgate(['check', pinned, ...bookworm, '--format', 'json']);
    expect(other.exitCode).toBe(0);
    expect(placed(other.stdout)).toEqual(['target-not-tested pinned.yaml:6:17']);
    const all = await place.keepgate(['check', pinned, ...everyNginx, '--format', 'json']);
    expect({ exitCode: all.exitCode, found: placed(all.stdout) }).toEqual({ exitCode: 0, found: [] });
    // whose file is elsewhere can still be tested with any
    const elsewhere = place.write('other.yaml', `${minimal()}nginx: {target: {file: nowhere.nginx-V}}\n`);
    const without = await place.keepgate(['check', elsewhere, ...everyNginx, '--format', 'json']);
    expect({ exitCode: without.exitCode, found: placed(without.stdout) }).toEqual({
      exitCode: 0,
      found: ['target-unknown other.yaml:6:17'],
    });
  });
});

describe('a spec that is wrong', () => {
  const wrong = `version: 1
sites:
  api:
    hots: [api.example.com]
    upstream: http://127.0.0.1:99999
`;

  it('has everything said at once, in each format with its place', async () => {
    place.write('wrong.yaml', wrong);
    const check = async (format: string): Promise<string> => {
      const { exitCode, stdout, stderr } = await place.keepgate(['check', 'wrong.yaml', '--format', format]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
      return stdout;
    };
    const [text = '', json = '', sarif = '', github = '', gitlab = ''] = await Promise.all(
      ['text', 'json', 'sarif', 'github', 'gitlab'].map(check),
    );
    expect(text).toContain(
      'wrong.yaml:4:5: error unknown-key: "hots" is not an option of a site; did you mean "hosts"?',
    );
    expect(text).toMatch(/2 errors in 1 file\n$/);
    expect(placed(json)).toEqual(['unknown-key wrong.yaml:4:5', 'invalid-upstream wrong.yaml:5:15']);
    const results = JSON.parse(sarif).runs[0].results;
    expect(results[0]).toMatchObject({
      ruleId: 'unknown-key',
      level: 'error',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'wrong.yaml' }, region: { startLine: 4 } } }],
    });
    expect(github).toMatch(/^::error file=wrong\.yaml,line=4,col=5,endColumn=9,title=keepgate unknown-key::/m);
    expect(JSON.parse(gitlab)[0]).toMatchObject({
      check_name: 'unknown-key',
      location: { path: 'wrong.yaml', lines: { begin: 4 } },
    });
  });

  it('is a document in the format asked for even where it cannot be read', async () => {
    const { exitCode, stdout, stderr } = await place.keepgate(['check', 'nowhere.yaml', '--format', 'json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(JSON.parse(stdout).diagnostics).toMatchObject([{ code: 'spec-not-readable' }]);
  });

  it('is wrong also where no nginx could be asked', async () => {
    place.write('wrong.yaml', wrong);
    const conflict = place.write('conflict.yaml', minimal('    canonicalHost: www.example.com\n'));
    for (const spec of ['wrong.yaml', conflict]) {
      const { exitCode } = await place.keepgate(['check', spec, '--nginx', '/nowhere/nginx']);
      expect(exitCode).toBe(1);
    }
  });

  it('is refused by every nginx in its own words: with the rendered line, and the site in the spec', async () => {
    const typo = place.write('typo.yaml', minimal('    raw: proxy_bufering on;\n').replace('api:', 'other-api:'));
    const raw = await place.keepgate(['check', typo, ...everyNginx, '--allow-raw', '--format', 'json']);
    const regex = place.write('regex.yaml', minimal('    routes: {"~ (?<=a*)b": "http://127.0.0.1:8081"}\n'));
    const pcre = await place.keepgate(['check', regex, ...everyNginx, '--format', 'json']);
    for (const { exitCode, stdout, word, line } of [
      { ...raw, word: /: unknown directive "proxy_bufering"$/, line: 'proxy_bufering on;' },
      { ...pcre, word: /: pcre2?_compile\(\) failed: .*lookbehind/, line: 'location ~ (?<=a*)b {' },
    ]) {
      expect(exitCode).toBe(1);
      const found = (JSON.parse(stdout).diagnostics as Found[]).filter(({ code }) => code === 'nginx-refused');
      expect(found).toHaveLength(suites.length);
      for (const { message, at, related } of found) {
        expect(message).toMatch(word);
        expect(at).toMatchObject({ line: 3, column: 3 });
        expect(related?.[0]?.at.file).toMatch(/^\/etc\/nginx\/sites-available\/keepgate_(other-)?api\.conf$/);
        expect(related?.[0]?.at.source.trim()).toBe(line);
      }
    }
    const refused = await place.keepgate(['check', typo]);
    expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('error raw-not-allowed:') });
  });
});

describe('without a nginx that can be asked', () => {
  const withoutNginx = { PATH: emptyPath };

  it('says so, after what the spec alone says', async () => {
    // an ordinary machine has one in a folder that is looked into, whatever PATH is
    const { exitCode, stdout } = await place.keepgate(['check', 'remote.yaml'], { env: withoutNginx });
    expect(stdout).toContain('remote.yaml:5:15: warning plain-remote-backend:');
    if (exitCode === 0) return console.warn('SKIPPED: an nginx is installed here, so it can not be missing');
    expect(exitCode).toBe(4);
    expect(stdout).toContain('error nginx-missing: no nginx is installed here, so nothing was tested with one\n');
    expect(stdout).toContain('  help: Install it (sudo apt-get install nginx), or name one: --nginx BIN\n');
  });

  it.each([
    ['is not there', () => '/nowhere/nginx', 'nginx-not-runnable', "can't be used as nginx: there is no such file"],
    ['is a folder', () => place.folder, 'nginx-not-runnable', 'it is not a file'],
    ['is not executable', () => place.write('plain', 'x'), 'nginx-not-runnable', 'may not execute it'],
    ['is a text', () => place.write('text', 'This is no program.\n', 0o755), 'nginx-not-runnable', "can't be"],
    ['is another program', () => '/bin/true', 'nginx-not-runnable', 'nginx -V said nothing'],
    [
      'says what is none of its business',
      () => place.nginx('evil', { V: '::error::\\033[31mmine' }),
      'nginx-not-runnable',
      'nginx -V said: ::error::',
    ],
    ['crashes', () => place.nginx('crash', { otherwise: 'kill -SEGV $$' }), 'nginx-crashed', 'was ended by SIGSEGV'],
    ['says nothing', () => place.nginx('quiet', { otherwise: 'exit 0' }), 'nginx-not-runnable', 'it said nothing'],
    ['exits oddly', () => place.nginx('odd', { otherwise: 'echo hm >&2; exit 9' }), 'nginx-not-runnable', 'hm'],
  ])('that %s: exit code 4, a clear word, nothing left behind', async (_, path, code, words) => {
    const { exitCode, stdout, stderr } = await place.keepgate(['check', '--nginx', path()]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 4, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^error ${code}: `, 'm'));
    expect(stdout).toContain(words);
    expect(stdout).not.toMatch(/^::/m);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('  help: ');
  });

  it('that is there beside others is one finding, and the others are asked', async () => {
    const { exitCode, stdout } = await place.keepgate([
      'check',
      '--nginx',
      '/nowhere',
      ...bookworm,
      '--format',
      'json',
    ]);
    expect(exitCode).toBe(4);
    expect(JSON.parse(stdout).nginx).toEqual([{ nginx: 'nginx 1.22.1', outcome: 'passed' }]);
  });

  it('that hangs is ended with all it started', async () => {
    const marker = `8${process.pid}.5`;
    const hangs = place.nginx('hangs', { otherwise: `sleep ${marker} & setsid sleep ${marker} & sleep ${marker}` });
    const { exitCode, stdout } = await place.keepgate(['check', '--nginx', hangs], { timeout: 200_000 });
    expect(exitCode).toBe(4);
    expect(stdout).toContain(`error nginx-timeout: ${hangs} -t did not end within 20 s and was ended\n`);
    const left = async () => (await execa('ps', ['-eo', 'args'])).stdout.includes(`sleep ${marker}`);
    await expect.poll(left, { timeout: 20_000 }).toBe(false);
  }, 240_000);
});

describe('without a sandbox', () => {
  /** An nginx that every user can reach, since as root it is run as nobody. */
  const reachable = (): string => {
    chmodSync(place.folder, 0o755);
    const words = 'nginx: configuration file x test is successful';
    return place.nginx('reachable', { otherwise: `echo "${words}" >&2` });
  };
  const partial =
    "partial-test: nginx 1.22.1 was tested without a sandbox: on high ports, and not under the distribution's nginx.conf\n";

  it.each([
    ['KEEPGATE_BWRAP leads nowhere', 4, { KEEPGATE_BWRAP: '/nowhere/bwrap' }, []],
    ['there is no bwrap on PATH', 4, { KEEPGATE_BWRAP: undefined, PATH: 'LIMITED' }, []],
    ['none is wanted', 0, {}, ['--sandbox', 'none']],
    ['none is wanted, whatever --fail-on says', 0, {}, ['--sandbox', 'none', '--fail-on', 'warning']],
    ['none is wanted, nor to be had', 0, { KEEPGATE_BWRAP: '/nowhere/bwrap' }, ['--sandbox', 'none']],
  ])('because %s: a partial test, which says so (%i)', async (_, expected, env, more) => {
    const limited = join(place.folder, 'limited');
    mkdirSync(limited, { recursive: true });
    for (const program of ['prlimit', 'setpriv'])
      place.write(`limited/${program}`, `#!/bin/sh\nexec /usr/bin/${program} "$@"\n`, 0o755);
    const set = 'PATH' in env ? { ...env, PATH: limited } : env;
    // TMPDIR has to be passable for nobody
    const { exitCode, stdout } = await place.keepgate(['check', '--nginx', reachable(), ...more], {
      env: { ...set, TMPDIR: undefined },
    });
    expect(stdout).toContain(`${expected === 0 ? 'info' : 'warning'} ${partial}`);
    expect(exitCode).toBe(expected);
  });

  it.each(['json', 'sarif', 'github', 'gitlab'])('says in %s too that it was partial, and is green', async (format) => {
    const { exitCode, stdout } = await place.keepgate(
      ['check', '--nginx', reachable(), '--sandbox', 'none', '--format', format],
      { env: { TMPDIR: undefined } },
    );
    expect(stdout).toContain('partial-test');
    expect(stdout).toContain('was tested without a sandbox');
    expect(exitCode).toBe(0);
  });

  it('is not green where another nginx could not be asked at all', async () => {
    const { exitCode } = await place.keepgate(
      ['check', '--nginx', reachable(), '--nginx', '/nowhere/nginx', '--sandbox', 'none'],
      { env: { TMPDIR: undefined } },
    );
    expect(exitCode).toBe(4);
  });

  it('fails where a sandbox is asked for', async () => {
    const options = { env: { KEEPGATE_BWRAP: '/nowhere/bwrap' } };
    const { exitCode, stdout } = await place.keepgate(['check', '--sandbox', 'bwrap', ...bookworm], options);
    expect(exitCode).toBe(4);
    expect(stdout).toContain('error sandbox-missing: bubblewrap (bwrap), which nginx is tested in, is not installed\n');
    const partly = await place.keepgate(['check', 'remote.yaml', '--fail-on', 'warning', ...bookworm], options);
    expect(partly.exitCode).toBe(1);
  });

  it('never tests raw text', async () => {
    const raw = place.write('raw.yaml', minimal('    raw: gzip on;\n'));
    const { exitCode, stdout } = await place.keepgate(['check', raw, '--allow-raw', '--sandbox', 'none']);
    expect(exitCode).toBe(4);
    expect(stdout).toContain(
      'error sandbox-required: raw nginx text, which can run code, is tested in the sandbox only',
    );
  });
});
