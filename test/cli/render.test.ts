import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parts } from '../parts.ts';
import { type Run, runKeepgate } from '../run-keepgate.ts';

const spec = `version: 1
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8080
`;
const program = resolve(import.meta.dirname, '../../dist/bin.js');

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'keepgate-render-'));
  writeFileSync(join(home, 'keepgate.yaml'), spec);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const render = (args: readonly string[], input = ''): Promise<Run> =>
  runKeepgate(['render', '--nginx-version', '1.26.3', ...args], { cwd: home, input });
const at = (path: string): string => join(home, path);

describe('to standard output', () => {
  it('prints every file under its name, and says nothing else', async () => {
    const { exitCode, stdout, stderr } = await render([]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.match(/^# ---- .* ----$/gm)).toEqual([
      '# ---- conf.d/keepgate.conf ----',
      '# ---- sites-available/keepgate_api.conf ----',
    ]);
    expect(stdout).toContain('    server_name api.example.com;\n');
  });

  it('reads a spec from standard input', async () => {
    const { stdout } = await render(['-'], spec.replace('api.example.com', 'in.example.com'));
    expect(stdout).toContain('# Made by keepgate from <stdin>, site api.');
    expect(stdout).toContain('server_name in.example.com;');
  });

  it('as JSON is one document, findings included', async () => {
    const { exitCode, stdout, stderr } = await render(['--format', 'json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ version: 1, diagnostics: [], manifest: { target: { version: '1.26.3' } } });
    expect(document.files.map(({ path, site }: { path: string; site?: string }) => [path, site])).toEqual([
      ['conf.d/keepgate.conf', undefined],
      ['sites-available/keepgate_api.conf', 'api'],
    ]);
    expect(document.links).toEqual([
      { path: 'sites-enabled/keepgate_api.conf', to: '../sites-available/keepgate_api.conf' },
    ]);
  });

  it('a reader that has seen enough is no failure', async () => {
    const sites = Array.from(
      { length: 300 },
      (_, i) => `  s${i}: {hosts: [s${i}.example.com], upstream: "http://127.0.0.1:8080"}\n`,
    );
    writeFileSync(at('keepgate.yaml'), `version: 1\nsites:\n${sites.join('')}`);
    const child = spawn(process.execPath, [program, 'render', '--nginx-version', '1.26.3'], { cwd: home });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((done) => child.on('close', done));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('what is wrong', () => {
  it.each([
    ['the spec', spec.replace('hosts:', 'hots:'), [], 1, /keepgate\.yaml:4:5: error unknown-key: "hots"/],
    ['a rule broken', spec.replace('8080', '443'), [], 1, /keepgate\.yaml:\d+:\d+: error [a-z-]+: /],
    ['no such spec', spec, ['none.yaml'], 1, /none\.yaml can't be read/],
    ['an unknown option', spec, ['--uot', 'x'], 2, /--uot/],
    ['two targets', spec, ['--target', 'x'], 2, /target/],
    [
      'no such templates',
      spec,
      ['--templates', 'none'],
      1,
      /templates-not-readable: none can't be read: there is no such folder/,
    ],
  ])('%s: nothing on standard output, the reason on standard error', async (_what, text, args, code, reason) => {
    writeFileSync(at('keepgate.yaml'), text);
    const { exitCode, stdout, stderr } = await render([...args, '--out', 'site']);
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(existsSync(at('site'))).toBe(false);
  });

  it('as JSON it is a document too', async () => {
    writeFileSync(at('keepgate.yaml'), spec.replace('hosts:', 'hots:'));
    const { exitCode, stdout } = await render(['--format', 'json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).diagnostics).toContainEqual(expect.objectContaining({ code: 'unknown-key' }));
  });
});

describe('--out', () => {
  it('writes, says what on standard error, and prints the next commands for the server', async () => {
    const { exitCode, stdout, stderr } = await render(['--out', 'site']);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toBe(
      'wrote site/conf.d/keepgate.conf\nwrote site/sites-available/keepgate_api.conf\nwrote site/sites-enabled/keepgate_api.conf\n',
    );
    expect(stdout.split('\n')[0]).toMatch(/^# For the server/);
    expect(stdout).toMatch(/nginx -t && .*reload-or-restart nginx\n$/);
    expect(readFileSync(at('site/sites-enabled/keepgate_api.conf'), 'utf8')).toContain('server_name api.example.com;');
    expect((await render(['--out', 'site'])).stderr).toBe('kept 3 as they were\n');
  });

  it('as JSON says all of it in one document', async () => {
    const { stdout, stderr } = await render(['--out', 'site', '--format', 'json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      out: {
        folder: 'site',
        written: [expect.any(String), expect.any(String), expect.any(String)],
        removed: [],
        unchanged: 0,
      },
      next: expect.arrayContaining([expect.stringContaining('nginx -t')]),
    });
  });

  it('refuses hand edits, and names what --force overwrites', async () => {
    await render(['--out', 'site']);
    appendFileSync(at('site/conf.d/keepgate.conf'), '# mine\n');
    const refused = await render(['--out', 'site']);
    expect([refused.exitCode, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(
      /^error hand-edited: site\/conf\.d\/keepgate\.conf was changed by hand .*\n {2}help: .*--force/,
    );
    const forced = await render(['--out', 'site', '--force']);
    expect([forced.exitCode, forced.stderr]).toEqual([
      0,
      'wrote site/conf.d/keepgate.conf, which was changed by hand\nkept 2 as they were\n',
    ]);
  });

  it('counts what is too much to name', async () => {
    const sites = Array.from(
      { length: 30 },
      (_, i) => `  s${i}: {hosts: [s${i}.example.com], upstream: "http://127.0.0.1:8080"}\n`,
    );
    writeFileSync(at('keepgate.yaml'), `version: 1\nsites:\n${sites.join('')}`);
    const { stderr } = await render(['--out', 'site']);
    expect(stderr.split('\n')).toHaveLength(22);
    expect(stderr).toMatch(/^wrote 41 more$/m);
  });

  it.each([
    ['a full disk', ['--size', '16384', '--tmpfs'], /can't be written: the disk is full/],
    ['a read-only file system', ['--ro-bind', '/usr/share'], /can't be written: the file system is read-only/],
  ])('%s is told, and nothing half done is left', async (_what, mount, reason) => {
    const sites = Array.from(
      { length: 9 },
      (_, i) => `  s${i}: {hosts: [s${i}.example.com], upstream: "http://127.0.0.1:8080"}\n`,
    );
    writeFileSync(at('keepgate.yaml'), `version: 1\nsites:\n${sites.join('')}`);
    mkdirSync(at('disk'));
    const command = `"$0" "$1" render --nginx-version 1.26.3 --out disk/site; code=$?; find disk/site 2>/dev/null | wc -l; exit $code`;
    const { exitCode, stdout, stderr } = await execa(
      parts.bwrap,
      ['--bind', '/', '/', ...mount, at('disk'), 'sh', '-c', command, process.execPath, program],
      { cwd: home, env: { FORCE_COLOR: undefined }, reject: false },
    );
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 4, stdout: '0' });
    expect(stderr).toMatch(/^error out-not-usable: /);
    expect(stderr).toMatch(reason);
  });
});

describe('--templates', () => {
  const shipped = resolve(import.meta.dirname, '../../templates');
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(at(`mine/${name}`)), { recursive: true });
    writeFileSync(at(`mine/${name}`), text);
  };

  it("a user's site.conf.hbs with a partial of the user's own", async () => {
    const site = readFileSync(join(shipped, 'site.conf.hbs'), 'utf8');
    write('site.conf.hbs', `# Of the operations team.\n${site.replace('{{> access}}', '{{> team}}\n{{> access}}')}`);
    write('partials/team.hbs', '    add_header X-Site {{name}};\n');
    write('README.md', 'ours');
    write('.hidden', 'ours');
    const { exitCode, stdout, stderr } = await render(['--templates', 'mine']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('# Of the operations team.\n# Made by keepgate');
    expect(stdout).toContain('    add_header X-Site api;\n');
    expect(stdout).toContain('map "$server_protocol $http_upgrade" $keepgate_upgrade {');
  });

  it('one that is refused, with its place', async () => {
    write('site.conf.hbs', 'server {\n    server_name {{{name}}};\n}\n');
    const { exitCode, stdout, stderr } = await render(['--templates', 'mine']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^error template-refused: site\.conf\.hbs:2:\d+: raw mustaches/);
  });
});
