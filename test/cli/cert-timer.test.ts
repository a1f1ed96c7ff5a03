import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { saveSettings } from '../../src/certs/store.ts';
import { folderIn } from '../../src/certs/store-folder.ts';
import { writtenFolders } from '../../src/check/written-folders.ts';
import { commandLine, unitPath, unitPaths } from '../../src/deploy/systemd-quote.ts';
import { newPath, newStore } from '../certs/store-folder.ts';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
const service = 'keepgate-renew.service';
const timer = 'keepgate-renew.timer';
const program = resolve('dist/bin.js');

/** A systemctl that notes what it is told. */
function systemctl({ fails = '' } = {}): { env: { PATH: string }; calls: () => string[] } {
  const folder = newPath();
  const log = join(folder, 'calls');
  mkdirSync(folder);
  const fail = fails ? `[ "$1" = ${fails} ] && { echo "System has not been booted" >&2; exit 1; }` : '';
  const script = `#!/bin/sh\necho "$@" >> '${log}'\n${fail}\nexit 0\n`;
  writeFileSync(join(folder, 'systemctl'), script, { mode: 0o755 });
  return {
    env: { PATH: folder },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []),
  };
}

function unitFolder(): string {
  const folder = newPath();
  mkdirSync(folder);
  return folder;
}

const found = (text: string, key: string): string[] =>
  [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

describe('cert timer', () => {
  it('prints both units, and changes nothing', async () => {
    const store = newPath();
    place.write('keepgate.yaml', minimal());
    place.write('my sites/100%.yaml', minimal());
    const { exitCode, stdout, stderr } = await place.keepgate([
      ...['cert', 'timer', 'my sites/100%.yaml', '--store', store, '--writable', 'logs'],
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.match(/^# ---- .* ----$/gm)).toEqual([
      `# ---- /etc/systemd/system/${service} ----`,
      `# ---- /etc/systemd/system/${timer} ----`,
    ]);
    expect(found(stdout, 'ExecStart')).toEqual([`${process.execPath} ${program} cert renew --store ${store}`]);
    const [writable = ''] = found(stdout, 'ReadWritePaths');
    expect(
      writable.startsWith(`${store} -/var/lib/keepgate-acme -/var/log/nginx -/var/lib/nginx -/var/cache/nginx `),
    ).toBe(true);
    expect(writable.endsWith(` -${place.folder}/logs`)).toBe(true);
    expect(found(stdout, 'Persistent')).toEqual(['true']);
    expect(existsSync(store)).toBe(false);
  });

  it('lets http-01 write to the folders that certificates name', async () => {
    const store = newStore();
    folderIn(store, 'certificates', 'a');
    const challenge = { webroot: '/srv/my www' };
    await saveSettings(store, 'a', { names: ['a.example'], origin: 'acme', keyType: 'ec-p256', challenge });
    const { stdout } = await place.keepgate(['cert', 'timer', '--store', store.root]);
    expect(found(stdout, 'ReadWritePaths')[0]).toMatch(/ "-\/srv\/my www"( |$)/);
  });

  it('installs, again too, and takes away', async () => {
    const [store, units, { env, calls }] = [newPath(), unitFolder(), systemctl()];
    const args = ['cert', 'timer', '--store', store, '--units', units];
    const installed = await place.keepgate([...args, '--install'], { env });
    expect(installed).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('cert list --store') });
    const printed = await place.keepgate(args);
    for (const name of [service, timer]) {
      expect(printed.stdout).toContain(readFileSync(join(units, name), 'utf8'));
      expect(statSync(join(units, name)).mode & 0o777).toBe(0o644);
    }
    expect(statSync(store).mode & 0o777).toBe(0o700);
    expect(calls()).toEqual(['daemon-reload', `enable --now ${timer}`]);
    const written = statSync(join(units, service)).ino;
    expect((await place.keepgate([...args, '--install'], { env })).exitCode).toBe(0);
    expect(statSync(join(units, service)).ino).toBe(written);
    const removed = await place.keepgate(['cert', 'timer', '--uninstall', '--units', units], { env });
    expect(removed).toMatchObject({ exitCode: 0, stderr: `removed ${units}/${timer} and ${units}/${service}\n` });
    expect(calls().slice(4)).toEqual([`disable --now ${timer}`, 'daemon-reload']);
    expect([service, timer].some((name) => existsSync(join(units, name)))).toBe(false);
    const again = await place.keepgate(['cert', 'timer', '--uninstall', '--units', units], { env });
    expect(again).toEqual({ exitCode: 0, stdout: '', stderr: 'there is no timer of keepgate\n' });
    expect(calls()).toHaveLength(6);
  });

  it('leaves the units of others alone', async () => {
    const [store, units, { env, calls }] = [newPath(), unitFolder(), systemctl()];
    writeFileSync(join(units, timer), '[Timer]\n');
    for (const what of ['--install', '--uninstall']) {
      const { exitCode, stderr } = await place.keepgate(['cert', 'timer', what, '--store', store, '--units', units], {
        env,
      });
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`${units}/${timer} was not made by`);
    }
    expect(readFileSync(join(units, timer), 'utf8')).toBe('[Timer]\n');
    expect(existsSync(join(units, service))).toBe(false);
    expect(calls()).toEqual([]);
  });

  it('says what systemctl said, and where there is none', async () => {
    const [store, units, { env }] = [newPath(), unitFolder(), systemctl({ fails: 'daemon-reload' })];
    const args = ['cert', 'timer', '--install', '--store', store, '--units', units];
    const failed = await place.keepgate(args, { env });
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toContain('"systemctl daemon-reload" failed: System has not been booted');
    const none = await place.keepgate(args, { env: { PATH: '/nowhere' } });
    expect(none).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('there is no systemctl') });
    const nowhere = await place.keepgate([...args, '--units', '/nowhere'], { env });
    expect(nowhere.exitCode).toBe(2);
    const missing = await place.keepgate(['cert', 'timer', '--install', '--store', store, '--units', '/nowhere'], {
      env,
    });
    expect(missing).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('there is no such folder') });
  });

  it.each([
    [['--install', '--uninstall'], 2],
    [['-'], 2],
    [['nowhere.yaml'], 1],
  ])('refuses %j', async (args, code) => {
    expect((await place.keepgate(['cert', 'timer', ...args, '--store', newPath()])).exitCode).toBe(code);
  });
});

describe('writtenFolders', () => {
  it('are those of logs and caches, wherever they lie', () => {
    const folder = unitFolder();
    mkdirSync(join(folder, 'sites-available'));
    mkdirSync(join(folder, 'sites-enabled'));
    writeFileSync(join(folder, 'nginx.conf'), 'pid /run/nginx.pid; error_log "/srv/log/e.log";\n# error_log /x/y;\n');
    writeFileSync(
      join(folder, 'sites-available/a'),
      'access_log /srv/log/a.log; access_log /var/www/log/a.log main;\n',
    );
    symlinkSync(join(folder, 'sites-available/a'), join(folder, 'sites-enabled/a'));
    writeFileSync(
      join(folder, 'sites-available/off'),
      'access_log /off/a.log;\naccess_log /a.log; access_log logs/b;\n',
    );
    expect(writtenFolders(folder)).toEqual(['/srv/log', '/var/www/log']);
    expect(writtenFolders(join(folder, 'none'))).toEqual([]);
  });
});

describe('words of unit files', () => {
  it.each([
    ['/usr/bin/node', '/usr/bin/node'],
    ['/a b', '"/a b"'],
    ['/100%', '/100%%'],
    ['/a"b\\c', '"/a\\"b\\\\c"'],
    ["/a'b;c", '"/a\'b;c"'],
    ['/a\nb', '"/a\\x0ab"'],
    ['/ü', '"/ü"'],
  ])('%j is written %s', (path, text) => {
    expect(unitPath(path)).toBe(text);
    expect(unitPaths(`/a ${text}  /b`)).toEqual(['/a', path, '/b']);
  });

  it('name no variable but in the program itself', () => {
    expect(commandLine('/$bin/node', ['/$HOME/x', '$y'])).toBe('"/$bin/node" "/$$HOME/x" "$$y"');
  });
});

const analyze = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'].find((path) => existsSync(path));

describe.skipIf(!analyze)('systemd itself (skipped where there is no systemd-analyze)', () => {
  const verify = async (folder: string) => {
    const { all, exitCode } = await execa(
      analyze ?? '',
      ['verify', '--man=no', join(folder, service), join(folder, timer)],
      {
        ...{ reject: false, all: true, env: { SYSTEMD_LOG_TARGET: 'console' } },
      },
    );
    return { exitCode, ours: (all ?? '').split('\n').filter((line) => line.includes('keepgate-renew')) };
  };

  it('understands the units, with odd paths too', async () => {
    const units = unitFolder();
    const store = join(realpathSync(unitFolder()), `o"d\\d 100% $HOME 'ü'`);
    const { env } = systemctl();
    const run = await place.keepgate(['cert', 'timer', '--install', '--store', store, '--units', units], { env });
    expect(run.exitCode).toBe(0);
    expect(await verify(units)).toEqual({ exitCode: 0, ours: [] });
    const text = readFileSync(join(units, service), 'utf8');
    writeFileSync(
      join(units, service),
      text.replace('ProtectSystem=strict', 'ProtectSystem=tight').replace('ExecStart=/', 'ExecStart=x/'),
    );
    expect((await verify(units)).ours.length).toBeGreaterThan(1);
  });
});
