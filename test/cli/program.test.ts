import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { commandNames, entries } from '../../src/cli/commands/index.ts';
import { runKeepgate } from '../run-keepgate.ts';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
const program = resolve('dist/bin.js');
const version = ['--nginx-version', '1.26.3'];

describe('the command line', async () => {
  it.each([
    [[], 'keepgate: name a command; keepgate --help lists them\n'],
    [['chekc'], 'keepgate: "chekc" is not a command; did you mean "check"?\n'],
    [['frobnicate'], 'keepgate: "frobnicate" is not a command; keepgate --help lists them\n'],
    [['--verbose'], 'keepgate: "--verbose" is not a command; keepgate --help lists them\n'],
    [['check', '--formt', 'json'], 'keepgate: there is no option --formt; did you mean --format?\n'],
    [['check', '--frobnicate'], 'keepgate: there is no option --frobnicate; --help lists them\n'],
    [['check', '-x'], 'keepgate: there is no option -x; --help lists them\n'],
    [['check', '--spec', 'a.yaml'], 'keepgate: there is no option --spec; --help lists them\n'],
    [
      ['check', '--format', 'jsn'],
      'keepgate: --format takes text, json, sarif, github, gitlab, not "jsn"; did you mean json?\n',
    ],
    [['cert', 'issue', '--host', ''], 'keepgate: --host has an empty value\n'],
    [['apply', '--root', ''], 'keepgate: --root has an empty value\n'],
    [['check', '--nginx', ''], 'keepgate: --nginx has an empty value\n'],
    [['check', '--format', 'json', '--format', 'text'], 'keepgate: --format is given several times\n'],
    [['check', '--nginx'], 'keepgate: --nginx needs a value\n'],
    [['render', '--out'], 'keepgate: --out needs a value\n'],
    [['render', ...version, '--target', 'x'], 'keepgate: --nginx-version and --target exclude each other\n'],
    [['schema', 'please'], 'keepgate: schema takes no "please"; --help lists its options\n'],
    [['completion', 'fish'], 'keepgate: completion is for bash or zsh, not "fish"\n'],
    [['explain', 'unknown-key', 'a.yaml'], 'keepgate: explain takes one code, or specs; "unknown-key" is a code\n'],
  ])('%j is wrong usage', async (args, said) => {
    expect(await place.keepgate(args)).toEqual({ exitCode: 2, stdout: '', stderr: said });
  });

  it('says what there is', async () => {
    const { exitCode, stdout, stderr } = await place.keepgate(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const name of commandNames) expect(stdout).toMatch(new RegExp(`^  keepgate ${name} .*\\S`, 'm'));
    expect((await place.keepgate(['help'])).stdout).toBe(stdout);
  });

  const groups = entries.map(async (entry) =>
    'load' in entry ? [entry.name] : (await entry.entries()).map(({ name }) => `${entry.name} ${name}`),
  );
  it.each(await Promise.all(groups).then((names) => names.flat()))('shows examples of %s', async (name) => {
    const words = name.split(' ');
    const { exitCode, stdout, stderr } = await place.keepgate([...words, '--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [usage = ''] = stdout.split('\n');
    for (const [, operand] of usage.matchAll(/\[(\w+)(?:\.\.)?\]/g))
      expect(stdout.split('Options:')[0]).toMatch(new RegExp(`^  ${operand} +\\S`, 'm'));
    expect(stdout).toMatch(new RegExp(`^Examples:\\n  (?:source <\\(|sudo )?keepgate ${name}`, 'm'));
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect((await place.keepgate(['help', ...words])).stdout).toBe(stdout);
  });

  it('speaks English in any locale, and knows its version everywhere', async () => {
    const env = { LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' };
    expect((await place.keepgate(['check', '--help'], { env })).stdout).toContain('Show help');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const args of [['--version'], ['check', '--version']])
      expect(await place.keepgate(args)).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('specs', () => {
  const render = (args: readonly string[], input = '') => place.keepgate(['render', ...version, ...args], { input });

  it('come from standard input, once', async () => {
    const { exitCode, stdout } = await render(['-', '-'], minimal());
    expect(exitCode).toBe(0);
    expect(stdout).toContain('# Made by keepgate from <stdin>, site api.');
  });

  it('come from several files and folders, each file once', async () => {
    place.write('several/b.yaml', minimal().replace('api:', 'b:').replace('api.', 'b.'));
    place.write('several/c.yaml', minimal().replace('api:', 'c:').replace('api.', 'c.'));
    place.write('several/.d.yaml', 'hidden: true\n');
    place.write('several/e.txt', 'not a spec\n');
    const a = place.write('a.yaml', minimal());
    const { exitCode, stdout, stderr } = await render(['several', 'a.yaml', a, './several/b.yaml']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.match(/^# Made by keepgate from \S+/gm)).toEqual([
      '# Made by keepgate from b.yaml,',
      '# Made by keepgate from c.yaml,',
      '# Made by keepgate from a.yaml,',
    ]);
  });

  it('may begin with a hyphen behind --', async () => {
    place.write('-a.yaml', minimal());
    expect((await render(['--', '-a.yaml'])).exitCode).toBe(0);
  });

  it('that cannot be read are named, with the way out', async () => {
    mkdirSync(join(place.folder, 'empty'));
    mkdirSync(join(place.folder, 'folder.yaml'));
    place.write('nginx/nginx.conf', '');
    symlinkSync('loop', join(place.folder, 'loop'));
    symlinkSync('nowhere', join(place.folder, 'dangling'));
    await execa('mkfifo', [join(place.folder, 'fifo.yaml')]);
    const said: Record<string, string> = {
      'missing.yaml': "missing.yaml can't be read: there is no such file",
      dangling: "dangling can't be read: there is no such file",
      empty: "empty can't be read: no file in this folder ends in .yaml",
      'folder.yaml': "folder.yaml can't be read: no file in this folder ends in .yaml",
      'fifo.yaml': "fifo.yaml can't be read: it is not a regular file\n  help: For standard input write: -",
      loop: "loop can't be read: it is a symbolic link to itself",
      'a.yaml/b': "a.yaml/b can't be read: there is no such file",
      nginx:
        "nginx can't be read: no file in this folder ends in .yaml\n" +
        '  help: This is a configuration of nginx. To check with it: keepgate check --live=nginx',
    };
    place.write('a.yaml', minimal());
    for (const [path, message] of Object.entries(said))
      expect(await render([path]), path).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: `error spec-not-readable: ${message}\n\n1 error\n`,
      });
  });

  it('are in keepgate.yaml unless named, and init writes it', async () => {
    mkdirSync(join(place.folder, 'nothing'));
    const { exitCode, stderr } = await place.keepgate(['check'], { cwd: join(place.folder, 'nothing') });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr:
        "error spec-not-readable: keepgate.yaml can't be read: there is no such file\n" +
        '  help: Write one with: keepgate init\n\n1 error\n',
    });
  });

  it('are at most 1 MB, and UTF-8', async () => {
    place.write('large.yaml', `${minimal()}#${' '.repeat(1_000_000)}\n`);
    place.write('latin.yaml', Buffer.from(`${minimal()}# \xe9\n`, 'latin1'));
    for (const args of [['large.yaml'], ['-']]) {
      const { exitCode, stderr } = await render(args, `${minimal()}#${' '.repeat(1_000_000)}\n`);
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('1 MB') });
    }
    const { exitCode, stderr } = await render(['latin.yaml']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('UTF-8') });
  });

  it('that define a name twice show both places', async () => {
    place.write('one.yaml', `${minimal()}upstreams:\n  data: {servers: [127.0.0.1:1]}\n`);
    place.write('two.yaml', `${minimal()}upstreams:\n  data: {servers: [127.0.0.1:2]}\n`);
    const { exitCode, stderr } = await render(['one.yaml', 'two.yaml']);
    expect(exitCode).toBe(1);
    expect(
      stderr,
    ).toBe(`two.yaml:3:3: error defined-twice: the site "api" is defined twice; give one of them another name
  3 |   api:
    |   ^^^
  one.yaml:3:3: note: it is first defined here
  3 |   api:
    |   ^^^

two.yaml:7:3: error defined-twice: the upstream "data" is defined twice; give one of them another name
  7 |   data: {servers: [127.0.0.1:2]}
    |   ^^^^
  one.yaml:7:3: note: it is first defined here
  7 |   data: {servers: [127.0.0.1:1]}
    |   ^^^^

2 errors in 1 file
`);
  });

  it.skipIf(process.getuid?.() !== 0)('that this user may not read are named', async () => {
    place.write('closed.yaml', minimal(), 0o600);
    const { stdout } = await execa(
      'setpriv',
      [
        ...['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c'],
        `test -r '${program}' && test -x '${process.execPath}' && echo yes`,
      ],
      { reject: false },
    );
    if (stdout !== 'yes') return console.warn('SKIPPED: nobody can reach keepgate here');
    // the folder itself is closed to others
    const { exitCode, stderr } = await execa(
      'setpriv',
      [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        process.execPath,
        program,
        'explain',
        join(place.folder, 'closed.yaml'),
      ],
      { reject: false, cwd: '/' },
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain("closed.yaml can't be read: this user may not read it");
  });
});

describe('output', () => {
  const red = '\u001b[31m';

  it('has colour on a terminal or when FORCE_COLOR asks for it, and never with NO_COLOR', async () => {
    const wrong = ['check', '/nowhere.yaml'];
    expect((await place.keepgate(wrong)).stderr).not.toContain('\u001b');
    expect((await place.keepgate(wrong, { env: { FORCE_COLOR: '1' } })).stderr).toContain(red);
    expect((await place.keepgate(wrong, { env: { FORCE_COLOR: '0' } })).stderr).not.toContain('\u001b');
    expect((await place.keepgate(wrong, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stderr).not.toContain('\u001b');
  });

  const hasScript = existsSync('/usr/bin/script');
  it.skipIf(!hasScript)('shows progress on a terminal, once it takes longer than a second', async () => {
    if (!hasScript) console.warn('SKIPPED: there is no script(1), which makes a terminal');
    place.write('keepgate.yaml', minimal());
    const slow = place.nginx('slow', { otherwise: 'sleep 4; exit 3' });
    const command = `${process.execPath} ${program} check --nginx ${slow}`;
    const options = { cwd: place.folder, env: { TERM: 'xterm', NO_COLOR: '' }, reject: false };
    const terminal = await execa('script', ['-qec', command, '/dev/null'], { ...options, stdin: 'ignore' });
    expect(terminal.stdout).toContain('\r\u001b[2Knginx 1.22.1: nginx -t of 1 site … ');
    expect(terminal.stdout).toContain(red);
    const piped = await place.keepgate(['check', '--nginx', slow]);
    expect(piped.stderr).toBe('');
    expect(piped.stdout).not.toContain('\u001b');
    expect([terminal.exitCode, piped.exitCode]).toEqual([4, 4]);
  });

  it.each([['schema'], ['completion'], ['--help']])('%s ends quietly when nobody reads on', async (...args) => {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_V8_COVERAGE: process.env.KEEPGATE_TEST_COVERAGE ?? '' },
    });
    child.stdout.destroy();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, said }).toEqual({ code: 0, said: '' });
  });

  it('is the same through head', async () => {
    const { stdout, stderr } = await execa('sh', ['-c', `'${process.execPath}' '${program}' schema | head -1`]);
    expect({ stdout, stderr }).toEqual({ stdout: '{', stderr: '' });
  });

  it('ends at once by the signal itself while it computes', async () => {
    // sites of 10 MB: more computing, all at once, than anybody waits for
    for (let file = 0; file < 10; file++) {
      const sites = Array.from(
        { length: 9000 },
        (_, index) =>
          `  s${file}-${index}: {hosts: [s${file}-${index}.example.com], upstream: "http://127.0.0.1:8080"}\n`,
      );
      place.write(`many/${file}.yaml`, `version: 1\nsites:\n${sites.join('')}`);
    }
    const child = spawn(process.execPath, [program, 'render', 'many', '--nginx-version', '1.26.3'], {
      cwd: place.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      // coverage is written at the end, which this run never comes to
      env: { ...process.env, NODE_V8_COVERAGE: '' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const computed = (): number => Number(readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')[13]);
    // hundredths of a second: start-up takes a fifth of it
    await expect.poll(computed, { timeout: 20_000 }).toBeGreaterThan(100);
    child.kill('SIGINT');
    const [code, signal] = await once(child, 'close');
    expect({ code, signal, output }).toEqual({ code: null, signal: 'SIGINT', output: '' });
  }, 60_000);

  it('leaves nothing of a run that is interrupted', async () => {
    place.write('keepgate.yaml', minimal());
    const marker = `7${process.pid}.5`;
    const slow = place.nginx('interrupted', { otherwise: `sleep ${marker}` });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const temporary = join(place.folder, `tmp-${signal}`);
      mkdirSync(temporary);
      const child = spawn(process.execPath, [program, 'check', '--nginx', slow], {
        cwd: place.folder,
        stdio: 'ignore',
        env: { ...process.env, TMPDIR: temporary, NODE_V8_COVERAGE: process.env.KEEPGATE_TEST_COVERAGE ?? '' },
      });
      const runs = async (): Promise<boolean> =>
        (await execa('ps', ['-eo', 'args'])).stdout.includes(`sleep ${marker}`);
      await expect.poll(runs, { timeout: 20_000 }).toBe(true);
      child.kill(signal);
      const [code] = await once(child, 'close');
      expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
      await expect.poll(runs, { timeout: 5000 }).toBe(false);
      expect(await execa('ls', ['-A', temporary]).then(({ stdout }) => stdout)).toBe('');
    }
  });
});

it.each(['init', 'render', 'check', 'explain', 'schema', 'completion'])('%s -h is its help', async (command) => {
  const [short, long] = await Promise.all(['-h', '--help'].map((option) => runKeepgate([command, option])));
  expect(short).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`keepgate ${command}`) });
  expect(short).toEqual(long);
});

describe('schema', () => {
  it('prints the JSON Schema, the same bytes as the package holds it with', async () => {
    const { exitCode, stdout } = await runKeepgate(['schema']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync('src/spec/schema.json', 'utf8')));
  });
});
