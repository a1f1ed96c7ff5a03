/** An nginx as if it were installed: a program with an etc/nginx beside it, all in one folder, reloaded by its own command. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { execa, execaSync } from 'execa';
import { expect } from 'vitest';
import { nginxOf as runningIn } from '../../src/deploy/processes.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { nginxOf, type Suite } from '../parts.ts';
import { type Run, type RunOptions, runKeepgate } from '../run-keepgate.ts';

export interface InstalledNginx {
  readonly folder: string;
  /** Its etc/nginx. */
  readonly etc: string;
  readonly program: string;
  readonly pidFile: string;
  readonly store: string;
  readonly ports: { readonly http: number; readonly https: number };
  /** Writes keepgate.yaml: sites by name and the port of their backend; `port`: another one for HTTP. */
  spec(sites: Readonly<Record<string, number>>, port?: number): void;
  /** Runs the command with --nginx and --templates of this nginx. */
  keepgate(args: readonly string[], options?: RunOptions): Promise<Run>;
  /** What the command needs for that. */
  own(command: string | undefined): string[];
  /** Resolves to what `nginx -t` says when it refuses; '' when it takes it. */
  test(): Promise<string>;
  start(): Promise<void>;
  /** Pids of the workers that take connections. */
  workers(): number[];
  log(): string;
  remove(): Promise<void>;
}

const templates = resolve(import.meta.dirname, '../../templates');

export async function installNginx(suite: Suite, layout: 'debian' | 'conf.d' = 'debian'): Promise<InstalledNginx> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-installed-'));
  const [http = 0, https = 0] = await freePorts(2);
  const at = (...names: string[]): string => join(folder, ...names);
  const etc = at('program/etc/nginx');
  const folders = ['conf.d', ...(layout === 'debian' ? ['sites-available', 'sites-enabled'] : [])];
  for (const path of [
    'program/bin',
    'program/lib',
    'log',
    'run',
    'temp',
    'templates',
    ...folders.map((name) => `program/etc/nginx/${name}`),
  ])
    mkdirSync(at(path), { recursive: true });
  const program = at('program/bin/nginx');
  copyProgram(suite, at('program'), `-p '${folder}/' -c '${etc}/nginx.conf'`);
  writeFileSync(join(etc, 'nginx.conf'), mainConfiguration(folder, layout));
  cpSync(templates, at('templates'), { recursive: true });
  const site = at('templates/site.conf.hbs');
  writeFileSync(site, readFileSync(site, 'utf8').replace('/var/log/nginx/', at('log/')));
  const pidFile = at('run/nginx.pid');
  const workers = (): number[] =>
    (runningIn(pidFile)?.children ?? []).filter(({ title }) => title === 'nginx: worker process').map(({ pid }) => pid);
  const own = (command: string | undefined): string[] => [
    ...['--nginx', program],
    ...(command === 'rollback' ? [] : ['--templates', at('templates')]),
  ];
  let ended: Promise<unknown> | undefined;
  return {
    ...{ own, folder, etc, program, pidFile, store: at('store'), ports: { http, https }, workers },
    spec: (sites, port = http) => {
      const list = Object.entries(sites).map(
        ([name, port]) => `  ${name}:\n    hosts: [${name}.example.com]\n    upstream: http://127.0.0.1:${port}\n`,
      );
      const listen = `defaults:\n  listen: {addresses: [127.0.0.1], http: ${port}, https: ${https}}\n`;
      writeFileSync(
        at('keepgate.yaml'),
        `version: 1\nacme: {store: ${at('store')}}\n${listen}sites:\n${list.join('')}`,
      );
    },
    keepgate: (args, options = {}) =>
      runKeepgate([...args, ...own(args[0])], { cwd: folder, timeout: 150_000, ...options }),
    test: async () => {
      const { exitCode, stderr } = await execa(program, ['-t'], { reject: false });
      return exitCode === 0 ? '' : stderr;
    },
    start: async () => {
      ended = execa(program, ['-g', 'daemon off;'], { reject: false });
      await expect.poll(workers, { timeout: 30_000 }).toHaveLength(2);
    },
    log: () => (existsSync(at('log/error.log')) ? readFileSync(at('log/error.log'), 'utf8') : ''),
    remove: async () => {
      const master = runningIn(pidFile)?.master.pid;
      if (master !== undefined) process.kill(master, 'SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The program with the libraries that it loads, so that it runs in a sandbox that shows nothing else. */
function copyProgram(suite: Suite, folder: string, switches: string): void {
  const line =
    readFileSync(nginxOf(suite), 'utf8')
      .split('\n')
      .find((text) => text.startsWith('exec ')) ?? '';
  const [loader = '', libraries = '', nginx = ''] = [...line.matchAll(/"(\/[^"]+)"/g)].map(([, path]) => path ?? '');
  const { stdout } = execaSync(loader, ['--library-path', libraries, '--list', nginx]);
  const loaded = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+)/gm)].map(([, path]) => path ?? '');
  for (const path of [nginx, loader, ...loaded]) copyFileSync(path, join(folder, 'lib', basename(path)));
  const lib = join(folder, 'lib');
  const command = `exec '${lib}/${basename(loader)}' --library-path '${lib}' '${lib}/${basename(nginx)}' ${switches} "$@"`;
  writeFileSync(join(folder, 'bin/nginx'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}

function mainConfiguration(folder: string, layout: 'debian' | 'conf.d'): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `${process.getuid?.() === 0 ? 'user root;\n' : ''}worker_processes 2;
pid ${folder}/run/nginx.pid;
error_log ${folder}/log/error.log notice;
events { worker_connections 512; }
http {
    types { text/html html; }
    access_log ${folder}/log/access.log;
${temporary.map((name) => `    ${name}_temp_path ${folder}/temp/${name};\n`).join('')}
    include conf.d/*.conf;
${layout === 'debian' ? '    include sites-enabled/*;\n' : ''}}
`;
}
