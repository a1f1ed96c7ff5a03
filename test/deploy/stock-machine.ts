/** A machine with Debian's stock nginx, as far as commands can tell: in bubblewrap, thrown away afterwards. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { nginxOf, parts, type Suite } from '../parts.ts';

const repository = resolve(import.meta.dirname, '../..');

export interface StockMachine {
  /** The working folder of what runs there. */
  readonly home: string;
  /** /etc/nginx, seen from outside. */
  readonly etc: string;
  /** Runs a script of sh as root, with `sudo`, the suite's nginx and `keepgate` on PATH. */
  run(script: string, timeout?: number): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>;
  remove(): void;
}

/** `also`: programs outside of /usr that its scripts call. */
export function stockMachine(suite: Suite, also: readonly string[] = []): StockMachine {
  const folder = mkdtempSync(join(tmpdir(), 'keepgate-machine-'));
  const [etc, bin, home] = ['etc', 'bin', 'home'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [bin, home]) mkdirSync(path);
  cpSync(join(dirname(dirname(nginxOf(suite))), 'root/etc/nginx'), join(etc, 'nginx'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  // what the package's own script does when it is installed
  symlinkSync('/etc/nginx/sites-available/default', join(etc, 'nginx/sites-enabled/default'));
  // the namespace knows one user
  writeFileSync(join(etc, 'passwd'), 'root:x:0:0::/:/bin/sh\nwww-data:x:0:0::/:/bin/sh\n');
  writeFileSync(join(etc, 'group'), 'root:x:0:\nwww-data:x:0:\n');
  writeFileSync(join(etc, 'hosts'), '127.0.0.1 localhost\n');
  if (existsSync('/etc/ssl/openssl.cnf')) {
    mkdirSync(join(etc, 'ssl'));
    cpSync('/etc/ssl/openssl.cnf', join(etc, 'ssl/openssl.cnf'));
  }
  const program = (name: string, line: string): void =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  symlinkSync(nginxOf(suite), join(bin, 'nginx'));
  program('sudo', 'exec "$@"');
  program('keepgate', `exec '${process.execPath}' '${repository}/dist/bin.js' "$@"`);

  const shown = [
    repository,
    dirname(realpathSync(process.execPath)),
    dirname(process.execPath),
    ...new Set([nginxOf(suite), ...also].map((path) => dirname(dirname(path)))),
  ];
  const coverage = process.env.KEEPGATE_TEST_COVERAGE;
  const mounts = [
    ...['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib32', 'lib64'].flatMap((name) =>
      existsSync(`/${name}`) ? ['--ro-bind', realpathSync(`/${name}`), `/${name}`] : [],
    ),
    ...['--bind', etc, '/etc', '--dev', '/dev', '--proc', '/proc'],
    ...['/run', '/var/lib/nginx', '/var/log/nginx', '/tmp'].flatMap((path) => ['--tmpfs', path]),
    ...shown.filter((path) => !path.startsWith('/usr/')).flatMap((path) => ['--ro-bind', path, path]),
    // the suite's own etc would be taken for this machine's
    ...['--tmpfs', join(dirname(dirname(nginxOf(suite))), 'etc')],
    ...(coverage ? ['--bind', coverage, coverage] : []),
    ...['--bind', folder, folder, '--chdir', home],
  ];
  const env = { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, ...(coverage && { NODE_V8_COVERAGE: coverage }) };
  return {
    home,
    etc: join(etc, 'nginx'),
    run: async (script, timeout = 110_000) => {
      const options = [
        '--unshare-all',
        '--uid',
        '0',
        '--gid',
        '0',
        '--cap-add',
        'ALL',
        '--die-with-parent',
        '--new-session',
      ];
      const { exitCode, stdout, stderr } = await execa(parts.bwrap, [...options, ...mounts, 'sh', '-s'], {
        input: script,
        env,
        extendEnv: false,
        reject: false,
        timeout,
      });
      return { exitCode, stdout, stderr };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
