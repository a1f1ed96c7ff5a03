import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findNginx, inspectNginx, type NginxBinary } from '../nginx/binary.ts';
import { type Command, run } from '../nginx/run.ts';

/** The one nginx of many that is tested, reloaded and watched. Paths are absolute. */
export interface NginxInstance {
  /** The program. */
  readonly nginx: string;
  /** The folder of its nginx.conf, where it is known. */
  readonly folder?: string;
  /** What it was started with, where it was: `-p`, `-c` and `-g` (https://nginx.org/en/docs/switches.html). */
  readonly prefix?: string;
  readonly configuration?: string;
  readonly globals?: string;
  readonly pidFile: string;
  /** Read besides the one that the running master writes to, which is found by itself. */
  readonly errorLog?: string;
  /** How it is asked to read its configuration anew: a signal to the process in the pid file, or a command. */
  readonly reload: 'signal' | Command;
  /** How it is started; without it, as a daemon of its own. */
  readonly start?: Command;
  /** How what `start` began is ended; without it, by a signal. */
  readonly stop?: Command;
}

/** Milliseconds for systemctl. */
const limit = 10_000;

/**
 * The nginx that is installed here, with the files that it was built with and those that its nginx.conf names;
 * undefined when there is none. `systemctl` is another program in a test.
 * @throws KeepgateError nginx-not-runnable (4)
 */
export async function installedNginx(
  path?: string,
  { systemctl = 'systemctl' }: { systemctl?: string } = {},
): Promise<NginxInstance | undefined> {
  const found = path ?? (await findNginx());
  if (found === undefined) return undefined;
  const binary = await inspectNginx(found);
  const errorLog = fileOf(binary, 'error_log', 'error-log-path');
  return {
    nginx: binary.path,
    ...(binary.confDir !== undefined && { folder: binary.confDir }),
    pidFile: fileOf(binary, 'pid', 'pid-path') ?? '/run/nginx.pid',
    ...(errorLog !== undefined && { errorLog }),
    reload: await reloadCommand(binary.path, systemctl),
    ...(existsSync('/run/systemd/system') && {
      start: [systemctl, 'start', 'nginx'] as const,
      stop: [systemctl, 'stop', 'nginx'] as const,
    }),
  };
}

/** What `nginx -t` needs to read what that nginx reads. */
export function switchesOf({ prefix, configuration, globals }: NginxInstance): string[] {
  const given = [
    ['-p', prefix],
    ['-c', configuration],
    ['-g', globals],
  ] as const;
  return given.flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

/** An nginx that systemd has started is reloaded by systemd, so that the unit's own steps and its sandbox apply. */
async function reloadCommand(nginx: string, systemctl: string): Promise<Command> {
  const { exitCode } = await run([systemctl, 'is-active', '--quiet', 'nginx'], { timeLimit: limit });
  return exitCode === 0 ? [systemctl, 'reload', 'nginx'] : [nginx, '-s', 'reload'];
}

/** A file that the main configuration names, else the one that nginx was built with. */
function fileOf({ confDir, configure }: NginxBinary, directive: string, option: string): string | undefined {
  const built = (name: string) => configure.flatMap((argument) => argument.split(`--${name}=`)[1] ?? [])[0];
  const main = confDir === undefined ? undefined : join(confDir, 'nginx.conf');
  const text = main !== undefined && existsSync(main) ? readFileSync(main, 'utf8') : '';
  // Both may stand once at the outermost level, where lines begin; deeper error_logs are those of servers.
  const named = new RegExp(`^${directive}[ \\t]+([^\\s;{}"'$]+)`, 'm').exec(text)?.[1];
  const file = named ?? built(option);
  // Debian's is built to log to its standard error.
  return file === undefined || /^(stderr$|syslog:|memory:)/.test(file)
    ? undefined
    : resolve(built('prefix') ?? '/', file);
}
