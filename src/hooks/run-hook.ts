/** Runs a script of the user's, with a time limit and next to nothing of our environment. */
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { KeepgateError } from '../diagnostic.ts';

export interface Hook {
  /** Absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** What the script sees beside PATH, HOME and LANG. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeLimit: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HookRun {
  /** undefined when the time limit, or a signal, ended it. */
  readonly exitCode: number | undefined;
  /** What it wrote to standard output and standard error. */
  readonly output: string;
}

/**
 * Runs it in a process group of its own, which ends with it. Only what nobody else could have changed is run.
 * @throws KeepgateError hook-not-usable (4); the signal's reason when it is aborted
 */
export async function runHook({ command, args, env, timeLimit, signal }: Hook): Promise<HookRun> {
  signal?.throwIfAborted();
  const problem = problemOf(command);
  if (problem) throw notUsable(command, problem);
  const child = execa(command, args, {
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: homedir(),
      LANG: 'C.UTF-8',
      ...env,
    },
    extendEnv: false,
    cwd: '/',
    detached: true,
    stdin: 'ignore',
    all: true,
    maxBuffer: 1_000_000,
    reject: false,
  });
  const kill = () => {
    if (child.pid !== undefined) killGroup(child.pid);
    child.all.destroy();
  };
  const timer = setTimeout(kill, timeLimit);
  signal?.addEventListener('abort', kill);
  process.once('exit', kill);
  try {
    const { exitCode, all, code } = await child;
    signal?.throwIfAborted();
    if (child.pid === undefined) throw notUsable(command, `it can't be started (${code})`);
    return { exitCode, output: all ?? '' };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    process.removeListener('exit', kill);
  }
}

/** The file, and each folder above it, belong to root or this user, and only they may write there. */
function problemOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'there is no such file';
  if (!stats.isFile()) return 'it is not a regular file';
  if ((stats.mode & 0o111) === 0) return `it is not executable; run: chmod +x ${path}`;
  for (let at = path; ; at = dirname(at)) {
    const { uid, mode } = statSync(at);
    if (uid !== 0 && uid !== process.getuid?.()) return `${at} belongs to another user, who could change what runs`;
    const sticky = at !== path && (mode & 0o1000) !== 0; // as /tmp: nobody can swap what is ours there
    if ((mode & 0o022) !== 0 && !sticky) return `others may write to ${at}; run: chmod go-w ${at}`;
    if (at === dirname(at)) return undefined;
  }
}

function notUsable(command: string, problem: string): KeepgateError {
  return new KeepgateError(4, {
    code: 'hook-not-usable',
    message: `${command} was not run: ${problem}`,
    help: 'A hook runs with the rights of keepgate, so only root or the user who runs it may be able to change it.',
  });
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
