/** diff, apply and rollback against an nginx that runs. */
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nginxOf, readProcess } from '../../src/deploy/processes.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { crashedApply } from '../deploy/crashed-apply.ts';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';
import { treeOf } from '../deploy/rendered.ts';
import { keepgateAt } from '../in-process.ts';

let nginx: InstalledNginx;
beforeEach(async () => {
  nginx = await installNginx('trixie');
});
afterEach(() => nginx.remove());

const timeout = 120_000;
const site = (name: string) => join(nginx.etc, `sites-available/keepgate_${name}.conf`);
const run = (...args: string[]) =>
  keepgateAt([...args, ...nginx.own(args[0])], { cwd: nginx.folder, now: () => new Date() });
const json = async (...args: string[]) => {
  const { exitCode, stdout } = await run(...args, '--format', 'json');
  return { exitCode, ...JSON.parse(stdout) };
};
const codes = ({ diagnostics }: { diagnostics: { code: string }[] }) => diagnostics.map(({ code }) => code);

it('installs, does nothing twice, changes, removes, and goes back', { timeout }, async () => {
  nginx.spec({ api: 8080, gone: 8081 });
  await nginx.start();
  const first = nginx.workers();
  expect(await json('diff')).toMatchObject({ exitCode: 3, certificates: ['api', 'gone'] });
  expect(await json('apply', '--dry-run')).toMatchObject({ exitCode: 0, outcome: 'planned' });
  expect(existsSync(join(nginx.etc, '.keepgate'))).toBe(false);
  expect(await json('apply')).toMatchObject({ exitCode: 0, outcome: 'installed', nginx: 'reloaded', number: 1 });
  await expect.poll(nginx.workers, { timeout: 30_000 }).toHaveLength(2);
  const second = nginx.workers();
  expect(second.some((pid) => first.includes(pid))).toBe(false);
  expect(statSync(join(nginx.etc, '.keepgate')).mode & 0o777).toBe(0o700);

  const tree = treeOf(nginx.etc);
  expect(await json('apply')).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
  expect(await run('diff')).toMatchObject({ exitCode: 0, stdout: '' });
  expect(treeOf(nginx.etc)).toEqual(tree);
  expect(nginx.workers()).toEqual(second);

  nginx.spec({ api: 9090 });
  const { changes } = await json('diff');
  expect(changes.map(({ path, action }: Record<string, string>) => `${action} ${path}`)).toEqual([
    'change sites-available/keepgate_api.conf',
    'remove sites-available/keepgate_gone.conf',
    'disable sites-enabled/keepgate_gone.conf',
  ]);
  expect(changes[0].diff).toMatch(/^-.*127\.0\.0\.1:8080;$/m);
  const { stdout: coloured } = await nginx.keepgate(['diff'], { env: { FORCE_COLOR: '1' } });
  expect(coloured).toContain('\u001b[31m-');
  const { stdout: plain } = await nginx.keepgate(['diff']);
  expect(plain).toMatch(/^-.*127\.0\.0\.1:8080;$/m);
  expect(plain).not.toContain('\u001b');
  expect(plain).not.toMatch(/^Index: |^====/m);
  expect(await json('apply')).toMatchObject({
    exitCode: 0,
    removed: expect.arrayContaining(['sites-enabled/keepgate_gone.conf']),
  });
  expect(existsSync(site('gone'))).toBe(false);

  expect((await run('rollback', '--list')).stdout).toMatch(/^2 .* apply .*\n1 .* apply .*\n$/);
  expect(await json('rollback')).toMatchObject({ exitCode: 0, outcome: 'installed', nginx: 'reloaded' });
  const { '.keepgate/history/1': _, ...files } = tree;
  for (const [path, text] of Object.entries(files))
    if (!path.startsWith('.keepgate')) expect(treeOf(nginx.etc)[path]).toBe(text);
  expect(await json('rollback')).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
  expect(await json('rollback', '--to', '1')).toMatchObject({ exitCode: 0 });
  expect(readdirSync(join(nginx.etc, 'sites-enabled'))).toEqual([]);
  expect(await run('rollback', '--to', '77')).toMatchObject({ exitCode: 1 });
  for (const to of ['x', '0', '-1', '1.5'])
    expect(await run('rollback', `--to=${to}`)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--list'),
    });
});

it('remembers what nginx has not read', { timeout }, async () => {
  nginx.spec({ api: 8080 });
  await nginx.start();
  expect(await json('apply', '--no-reload')).toMatchObject({ exitCode: 0, nginx: 'kept' });
  expect(await json('apply', '--no-reload')).toMatchObject({ outcome: 'unchanged' });
  expect(await json('apply')).toMatchObject({ exitCode: 0, nginx: 'reloaded', written: [] });
  expect(await json('apply')).toMatchObject({ outcome: 'unchanged' });
});

describe('a run that was cut off: nginx may have read what it wrote', () => {
  beforeEach(async () => {
    nginx.spec({ api: 8080 });
    await nginx.start();
    expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
    crashedApply(nginx.etc, { api: 9090 });
  });
  const reloadsOnce = async () => {
    expect(await json('diff')).toMatchObject({ exitCode: 3, changes: [], reload: true });
    expect(await json('apply')).toMatchObject({ exitCode: 0, outcome: 'installed', nginx: 'reloaded', written: [] });
    expect(await json('diff')).toMatchObject({ exitCode: 0, reload: false });
    expect(await json('apply')).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
  };

  it('is not forgotten by --no-reload', { timeout }, async () => {
    const recovered = await json('apply', '--no-reload');
    expect(recovered).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
    expect(codes(recovered)).toContain('crash-recovered');
    await reloadsOnce();
  });

  it('is not forgotten by render', { timeout }, async () => {
    const at = { cwd: nginx.folder, now: () => new Date() };
    const own = nginx.own('apply').slice(2);
    const out = ['render', '--out', nginx.etc, '--nginx-version', '1.26.3', ...own];
    expect(await keepgateAt(out, at)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('crash-recovered'),
    });
    expect(await json('diff')).toMatchObject({ exitCode: 3, reload: true });
    expect(await json('apply')).toMatchObject({ exitCode: 0, nginx: 'reloaded' });
    expect(await json('apply')).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
  });

  it('is an error until nginx has taken what was there before', { timeout }, async () => {
    const [port = 0] = await freePorts(1);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const own = join(nginx.etc, 'conf.d/own.conf');
    writeFileSync(own, `server { listen 127.0.0.1:${port}; }\n`);
    const failed = await json('apply', '--sandbox', 'none');
    other.close();
    expect(failed).toMatchObject({ exitCode: 4, outcome: 'stuck' });
    expect(codes(failed)).toEqual(expect.arrayContaining(['recovery-not-taken', 'put-back-not-taken']));
    rmSync(own);
    await reloadsOnce();
  });

  it('is undone, and said so', { timeout }, async () => {
    const { exitCode, stderr } = await run('apply');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('crash-recovered') });
    expect(stderr).not.toContain('nothing reloaded');
    expect((await run('apply')).stderr).toContain('nothing reloaded');
  });
});

it('starts nginx when it is asked to', { timeout }, async () => {
  nginx.spec({ api: 8080 });
  expect(await json('apply', '--start')).toMatchObject({ exitCode: 0, nginx: 'started' });
  await expect.poll(nginx.workers, { timeout: 30_000 }).toHaveLength(2);
});

describe('with everything in place, starts an nginx that was stopped', () => {
  const installed = () =>
    Object.fromEntries(Object.entries(treeOf(nginx.etc)).filter(([path]) => !path.startsWith('.keepgate/lock/')));
  const stopped = async (): Promise<Readonly<Record<string, string>>> => {
    nginx.spec({ api: 8080 });
    expect(await json('apply', '--start')).toMatchObject({ exitCode: 0, nginx: 'started' });
    await expect.poll(nginx.workers, { timeout: 30_000 }).toHaveLength(2);
    const master = nginxOf(nginx.pidFile)?.master.pid ?? 0;
    await execa(nginx.program, ['-s', 'stop']);
    // It holds its sockets until it is gone itself, after its workers and its pid file.
    await expect.poll(() => readProcess(master), { timeout: 30_000 }).toBeUndefined();
    return installed();
  };

  it('when it is asked to', { timeout }, async () => {
    const tree = await stopped();
    expect(await json('apply')).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
    const planned = await run('apply', '--start', '--dry-run');
    expect(planned).toMatchObject({ exitCode: 0, stderr: 'would start nginx, which does not run\n' });
    expect(nginx.workers()).toEqual([]);
    expect(await json('apply', '--start')).toMatchObject({ exitCode: 0, outcome: 'installed', nginx: 'started' });
    await expect.poll(nginx.workers, { timeout: 30_000 }).toHaveLength(2);
    expect(await json('apply', '--start')).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
    expect(installed()).toEqual(tree);
  });

  it('or says why it does not start, and changes nothing', { timeout }, async () => {
    const tree = await stopped();
    const other = createServer().listen(nginx.ports.https, '127.0.0.1');
    await once(other, 'listening');
    const failed = await json('apply', '--start');
    other.close();
    expect(failed).toMatchObject({ exitCode: 4, outcome: 'failed', nginx: 'not-running' });
    expect(codes(failed)).toContain('start-failed');
    expect(codes(failed)).not.toContain('change-put-back');
    expect(installed()).toEqual(tree);
  });
});

describe('puts back', () => {
  it('what nginx does not take: a port of another program', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    await nginx.start();
    expect(await run('apply')).toMatchObject({ exitCode: 0 });
    const before = treeOf(join(nginx.etc, 'sites-available'));
    const [port = 0] = await freePorts(1);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    nginx.spec({ api: 8080 }, port);
    const failed = await json('apply', '--sandbox', 'none');
    other.close();
    expect(failed).toMatchObject({ exitCode: 4, outcome: 'failed' });
    expect(codes(failed)).toEqual(expect.arrayContaining(['reload-not-taken', 'change-put-back']));
    expect(treeOf(join(nginx.etc, 'sites-available'))).toEqual(before);
    expect(await nginx.test()).toBe('');
    expect(existsSync(join(nginx.etc, '.keepgate/journal.json'))).toBe(false);
  });

  it.each([
    ['a shared zone with another key', 'limit_req_zone $KEY zone=a:1m rate=1r/s;', 'binary_remote_addr', 'server_name'],
    ['a cache with another path', 'proxy_cache_path temp/KEY keys_zone=a:1m;', 'cache-1', 'cache-2'],
  ])('what nginx does not take: %s', { timeout }, async (_, line, was, becomes) => {
    const template = join(nginx.folder, 'templates/shared.conf.hbs');
    const text = readFileSync(template, 'utf8');
    const shared = join(nginx.etc, 'conf.d/keepgate.conf');
    const write = (key: string) => writeFileSync(template, `${text}${line.replace('KEY', key)}\n`);
    nginx.spec({ api: 8080 });
    write(was);
    await nginx.start();
    expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
    write(becomes);
    const failed = await json('apply', '--sandbox', 'none');
    expect(failed).toMatchObject({ exitCode: 4, outcome: 'failed' });
    expect(codes(failed)).toEqual(expect.arrayContaining(['reload-not-taken', 'change-put-back']));
    expect(readFileSync(shared, 'utf8')).toContain(was);
    expect(existsSync(join(nginx.etc, '.keepgate/journal.json'))).toBe(false);
    expect(await nginx.test()).toBe('');
    write(was);
    expect(await json('apply')).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
  });

  it('what nginx -t refuses in place', { timeout }, async () => {
    const bad = site('bad');
    nginx.spec({ api: 8080 });
    await nginx.start();
    expect(await run('apply')).toMatchObject({ exitCode: 0 });
    // a name that resolves in the sandbox alone
    writeFileSync(
      join(nginx.folder, 'keepgate.yaml'),
      readFileSync(join(nginx.folder, 'keepgate.yaml'), 'utf8').replace(
        'http://127.0.0.1:8080',
        'http://nowhere.invalid:8080',
      ),
    );
    const refused = await json('apply');
    expect(refused).toMatchObject({ exitCode: 1, outcome: 'refused' });
    expect(codes(refused)).toEqual(expect.arrayContaining(['reload-test-failed', 'change-put-back']));
    expect(existsSync(bad)).toBe(false);
    expect(await nginx.test()).toBe('');
  });
});

describe('refuses, and writes nothing', () => {
  it('on top of what is broken already', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    writeFileSync(join(nginx.etc, 'conf.d/own.conf'), 'nonsense on;\n');
    const refused = await json('apply', '--sandbox', 'none');
    expect(refused).toMatchObject({ exitCode: 1, outcome: 'refused' });
    expect(codes(refused)).toContain('live-broken');
    expect(existsSync(site('api'))).toBe(false);
  });

  it('a host that another file has, and names both places', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    writeFileSync(
      join(nginx.etc, 'conf.d/own.conf'),
      `server {\n    listen 127.0.0.1:${nginx.ports.http};\n    server_name api.example.com;\n}\n`,
    );
    const refused = await json('apply');
    expect(refused).toMatchObject({ exitCode: 1, outcome: 'refused' });
    const clash = refused.diagnostics.find(({ code }: { code: string }) => code === 'clash-server-name');
    expect(clash).toMatchObject({ at: { file: '/etc/nginx/conf.d/own.conf', line: 3 }, related: [expect.anything()] });
    expect(existsSync(site('api'))).toBe(false);
  });

  const planted: Record<string, () => void> = {
    'a foreign file': () => writeFileSync(site('api'), '# mine\n'),
    'a symbolic link to a file': () => symlinkSync(join(nginx.folder, 'victim'), site('api')),
    'a folder': () => mkdirSync(site('api')),
    'a link in place of a folder': () => {
      rmSync(join(nginx.etc, 'sites-available'), { recursive: true });
      mkdirSync(join(nginx.folder, 'elsewhere'));
      symlinkSync(join(nginx.folder, 'elsewhere'), join(nginx.etc, 'sites-available'));
    },
  };
  it.each(Object.entries(planted))('over %s', { timeout }, async (_, plant) => {
    writeFileSync(join(nginx.folder, 'victim'), 'precious\n');
    nginx.spec({ api: 8080 });
    plant();
    const before = treeOf(nginx.etc);
    for (const force of [[], ['--force']]) {
      const refused = await json('apply', '--sandbox', 'none', ...force);
      expect(refused).toMatchObject({ exitCode: 1, outcome: 'refused' });
      expect(codes(refused)).toContain('foreign-file');
    }
    const differs = await json('diff');
    expect(differs.exitCode).toBe(1);
    expect(codes(differs)).toContain('foreign-file');
    const files = Object.entries(treeOf(nginx.etc)).filter(([path]) => !path.startsWith('.keepgate'));
    expect(Object.fromEntries(files)).toEqual(before);
    expect(readFileSync(join(nginx.folder, 'victim'), 'utf8')).toBe('precious\n');
  });

  it('over a foreign file, and names the site that asks for it', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    writeFileSync(site('api'), '# mine\n');
    for (const words of [['apply', '--sandbox', 'none'], ['diff']]) {
      const refused = await json(...words);
      const found = refused.diagnostics.find(({ code }: { code: string }) => code === 'foreign-file');
      expect(found.related).toMatchObject([{ at: { file: 'keepgate.yaml', line: 6 } }]);
    }
  });

  it.runIf(process.getuid?.() === 0)('over a file of somebody else', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
    chownSync(site('api'), 12345, 12345);
    nginx.spec({ api: 9090 });
    const refused = await json('apply', '--sandbox', 'none', '--force');
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.diagnostics).toContainEqual(expect.objectContaining({ message: expect.stringContaining('12345') }));
  });

  it.runIf(process.getuid?.() === 0)('over a file of somebody else that has the same bytes', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
    chownSync(site('api'), 12345, 12345);
    expect(codes(await json('apply', '--sandbox', 'none', '--force'))).toContain('foreign-file');
  });

  it('over a link that was removed by hand, unless it is forced to', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
    const enabled = join(nginx.etc, 'sites-enabled/keepgate_api.conf');
    rmSync(enabled);
    expect(await json('diff')).toMatchObject({ exitCode: 3, changes: [{ action: 'enable', handEdited: true }] });
    expect(codes(await json('apply', '--sandbox', 'none'))).toContain('hand-edited');
    expect(existsSync(enabled)).toBe(false);
    expect(await run('apply', '--sandbox', 'none', '--force')).toMatchObject({ exitCode: 0 });
    expect(existsSync(enabled)).toBe(true);
  });

  it('over a change by hand, unless it is forced to', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
    writeFileSync(site('api'), `${readFileSync(site('api'), 'utf8')}# by hand\n`);
    expect(await json('diff')).toMatchObject({ exitCode: 3, changes: [{ handEdited: true }] });
    expect(codes(await json('apply', '--sandbox', 'none'))).toContain('hand-edited');
    expect(readFileSync(site('api'), 'utf8')).toMatch(/# by hand\n$/);
    expect(await run('apply', '--sandbox', 'none', '--force')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(site('api'), 'utf8')).not.toContain('# by hand');
    expect(await run('rollback', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(site('api'), 'utf8')).toMatch(/# by hand\n$/);
  });

  it.runIf(process.getuid?.() === 0)('into a folder that another group can write to', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    const open = join(nginx.folder, 'open');
    mkdirSync(open);
    chownSync(open, 0, 12345);
    chmodSync(open, 0o775);
    expect(codes(await json('apply', '--root', open))).toContain('install-folder-unsafe');
  });

  it('into a folder that everyone can write to', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    const open = join(nginx.folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    expect(codes(await json('apply', '--root', open))).toContain('install-folder-unsafe');
    expect(readdirSync(open).filter((name) => name !== '.keepgate')).toEqual([]);
  });
});

it('writes a file anew that others could change', { timeout }, async () => {
  nginx.spec({ api: 8080 });
  expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
  chmodSync(site('api'), 0o666);
  expect(await json('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0, written: [expect.any(String)] });
  expect(statSync(site('api')).mode & 0o777).toBe(0o644);
});

it('a crashed run is recovered by render too', { timeout }, async () => {
  const out = join(nginx.folder, 'out');
  crashedApply(out, { half: 8080 });
  nginx.spec({ api: 8080 });
  const { exitCode, stderr } = await keepgateAt(['render', '--out', 'out', '--nginx-version', '1.26.3'], {
    cwd: nginx.folder,
    now: () => new Date(),
  });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('crash-recovered') });
  expect(readdirSync(join(out, 'sites-available'))).toEqual(['keepgate_api.conf']);
  expect(existsSync(join(out, '.keepgate/journal.json'))).toBe(false);
});

it('two at once: one after the other, and never a mix', { timeout }, async () => {
  nginx.spec({ api: 8080, other: 8081 });
  await nginx.start();
  const write = (name: string, port: number) => {
    nginx.spec({ api: port, other: port });
    const path = join(nginx.folder, name);
    writeFileSync(path, readFileSync(join(nginx.folder, 'keepgate.yaml'), 'utf8'));
    return path;
  };
  const [one, two] = [write('one.yaml', 7001), write('two.yaml', 7002)];
  const both = await Promise.all(
    [one, two].map((spec) => nginx.keepgate(['apply', spec, '--as', 'same', '--sandbox', 'none'])),
  );
  expect(
    both.map(({ exitCode }) => exitCode),
    JSON.stringify(both),
  ).toEqual([0, 0]);
  const ports = ['api', 'other'].map((name) => /server 127\.0\.0\.1:(\d+)/.exec(readFileSync(site(name), 'utf8'))?.[1]);
  expect(new Set(ports).size).toBe(1);
  expect(readdirSync(join(nginx.etc, '.keepgate/history'))).toHaveLength(2);
});

describe('--root', () => {
  it('installs into the file system of an image, with stand-ins', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    const text = readFileSync(join(nginx.folder, 'keepgate.yaml'), 'utf8').replace(
      /store: .*}/,
      'store: /var/lib/keepgate}',
    );
    writeFileSync(join(nginx.folder, 'keepgate.yaml'), text);
    const image = join(nginx.folder, 'image');
    mkdirSync(join(image, 'etc/nginx/conf.d'), { recursive: true });
    writeFileSync(
      join(image, 'etc/nginx/nginx.conf'),
      `error_log ${nginx.folder}/log/error.log;\nevents {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n`,
    );
    expect(await json('apply', '--root', 'image')).toMatchObject({
      exitCode: 0,
      nginx: 'elsewhere',
      standIns: ['api'],
    });
    expect(readdirSync(join(image, 'etc/nginx/conf.d'))).toEqual(['keepgate.conf', 'keepgate_api.conf']);
    expect(existsSync(join(image, 'var/lib/keepgate/live/api/fullchain.pem'))).toBe(true);
    expect(await json('apply', '--root', 'image/etc/nginx')).toMatchObject({ exitCode: 0, outcome: 'unchanged' });
    expect(await run('rollback', '--root', 'image')).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(image, 'etc/nginx/conf.d'))).toEqual([]);
  });

  it.each(['apply', 'diff', 'rollback'])('never follows a link out of the image: %s', { timeout }, async (command) => {
    nginx.spec({ api: 8080 });
    const file = join(nginx.folder, 'keepgate.yaml');
    const text = readFileSync(file, 'utf8').replace(/store: .*}/, 'store: /var/lib/keepgate}');
    writeFileSync(file, `${text}nginx: {defaultServer: off}\n`);
    const outside = join(nginx.folder, 'outside');
    mkdirSync(join(outside, 'nginx/conf.d'), { recursive: true });
    const image = (number: number, links: Record<string, string>) => {
      const root = join(nginx.folder, `image-${number}`);
      for (const folder of ['etc', 'var', 'opt/nginx/conf.d']) mkdirSync(join(root, folder), { recursive: true });
      for (const [path, to] of Object.entries(links)) symlinkSync(to, join(root, path));
      return root;
    };
    const before = [treeOf(nginx.etc), treeOf(outside)];
    const whole = image(0, { 'etc/nginx': '../opt/nginx', 'var/lib': '../opt' });
    const refused = [
      image(1, { 'etc/nginx': nginx.etc }),
      `${image(2, { 'etc/nginx': nginx.etc })}/etc/nginx`,
      image(3, { 'etc/nginx': '../../outside/nginx' }),
      image(4, { 'etc/nginx': '../etc/nginx' }),
      image(5, { 'etc/nginx': '/nowhere' }),
      // A store, which rollback has nothing to do with.
      ...(command === 'rollback' ? [] : [image(6, { 'etc/nginx': '../opt/nginx', 'var/lib': outside })]),
    ];
    for (const root of refused) {
      const { exitCode, stderr } = await run(command, '--root', root);
      expect({ exitCode, stderr }, root).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('root-link') });
    }
    expect([treeOf(nginx.etc), treeOf(outside)]).toEqual(before);
    if (command !== 'apply') return;
    expect(await run('apply', '--root', whole, '--sandbox', 'none')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(
        'warning apply-not-tested: what was installed is not tested, as --sandbox none asks',
      ),
    });
    expect(existsSync(join(whole, 'opt/nginx/conf.d/keepgate_api.conf'))).toBe(true);
    expect(existsSync(join(whole, 'opt/keepgate/live/api/fullchain.pem'))).toBe(true);
  });

  it('that does not exist is an error', { timeout }, async () => {
    nginx.spec({ api: 8080 });
    expect(await run('apply', '--root', 'nowhere')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('root-missing'),
    });
  });
});
