import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { KeepgateError } from '../diagnostic.ts';
import { configureArguments, parseNginxV, type Target } from '../model/target.ts';
import { printable } from './printable.ts';
import { run } from './run.ts';

/** An nginx that runs here. */
export interface NginxBinary {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly target: Target;
  /** The folder of its nginx.conf; undefined when there is none. */
  readonly confDir: string | undefined;
  /** What it was configured with, such as `--pid-path=/run/nginx.pid`. */
  readonly configure: readonly string[];
}

/** An ordinary user's PATH lacks these on Debian. */
const superuserFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/local/nginx/sbin'];
/** Milliseconds for `nginx -V`, which takes about 10. */
const limit = 15_000;

/** The nginx that is installed here: the first on PATH, else in the folders that hold it; undefined when there is none. */
export async function findNginx(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  return findProgram('nginx', [...(env.PATH ?? '').split(delimiter), ...superuserFolders]);
}

/** The first of the folders' programs of that name that can be executed. */
export function findProgram(name: string, folders: readonly string[]): string | undefined {
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => resolve(folder, name))
    .find((path) => problemOf(path) === undefined);
}

/**
 * Asks an nginx for its version, OpenSSL and modules (`nginx -V`).
 * @throws KeepgateError nginx-not-runnable (4) when it is absent, can't be executed, hangs, or isn't nginx
 */
export async function inspectNginx(path: string): Promise<NginxBinary> {
  const given = resolve(path);
  const problem = problemOf(given);
  if (problem !== undefined) throw notRunnable(given, problem);
  const real = realpathSync(given);
  const { stderr, exitCode, startError, timedOut } = await run([real, '-V'], { timeLimit: limit });
  if (startError !== undefined && exitCode === undefined)
    throw notRunnable(given, `it can't be started (${startError})`);
  if (timedOut) throw notRunnable(given, `nginx -V did not end within ${limit / 1000} s`);
  const target = parseNginxV(stderr);
  if (exitCode !== 0 || target === undefined) {
    const said = printable(stderr, 200);
    throw notRunnable(given, said === '' ? 'nginx -V said nothing' : `nginx -V said: ${said}`);
  }
  const configure = configureArguments(stderr);
  return { path: real, target, confDir: confDirOf(real, configure), configure };
}

function problemOf(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'it is not a file';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'EACCES' ? 'this user may not execute it' : 'there is no such file';
  }
}

/** An nginx in P/bin or P/sbin beside a P/etc/nginx is asked for that one, wherever it was built to look. */
function confDirOf(path: string, configure: readonly string[]): string | undefined {
  const folder = dirname(path);
  const beside = ['bin', 'sbin'].includes(basename(folder)) ? [join(dirname(folder), 'etc/nginx')] : [];
  const built = configure.flatMap((argument) => /^--conf-path=(\/.*)/.exec(argument)?.[1] ?? []).map(dirname);
  return [...beside, ...built].find((candidate) => existsSync(join(candidate, 'nginx.conf')));
}

function notRunnable(path: string, reason: string): KeepgateError {
  return new KeepgateError(4, {
    code: 'nginx-not-runnable',
    message: `${printable(path)} can't be used as nginx: ${reason}`,
    help: 'Install nginx, or name one that works: --nginx /usr/sbin/nginx',
  });
}
