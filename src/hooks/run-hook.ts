import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { KeepgateError } from '../diagnostic.ts';
import { printable } from '../nginx/printable.ts';
import { trustedHook } from './trusted-path.ts';

export interface Hook {
  /** The absolute path of the program. */
  readonly command: string;
  readonly args?: readonly string[];
  /** What it gets besides PATH, HOME and LANG; nothing else of our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeLimit: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HookRun {
  /** It ended by itself with 0. */
  readonly ok: boolean;
  /** undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly killedBy: string | undefined;
  readonly timedOut: boolean;
  /** The last 64 kB of each, as they came: `printable` before they are shown. */
  readonly stdout: string;
  readonly stderr: string;
}

const kept = 65_536;
/** Milliseconds that its output is read on after its end: a program that it left behind may hold the pipe for ever. */
const rest = 500;
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Whether a hook may be run at all: before a CA is asked, so that nobody learns it afterwards.
 * @returns where the path leads
 * @throws KeepgateError hook-missing, hook-unsafe, hook-not-executable (4), with the command that mends it
 */
export function checkHook(command: string): string {
  if (!isAbsolute(command)) throw notExecutable(command, 'its path is not absolute', 'Name the whole path, from /.');
  const file = trustedHook(command);
  try {
    accessSync(file, constants.X_OK);
  } catch {
    throw notExecutable(command, 'it is not executable', `Run: chmod u+x ${printable(file)}`);
  }
  return file;
}

/**
 * Runs a program of the user's in a process group of its own, without standard input, in the root folder. At the time limit, on
 * `signal` and when this process exits, the whole group is killed. What the program does is a result, never an exception.
 * @throws KeepgateError as `checkHook` does, and hook-not-executable (4) when it can't be started; the signal's reason
 */
export async function runHook({ command, args = [], env = {}, timeLimit, signal }: Hook): Promise<HookRun> {
  const file = checkHook(command);
  signal?.throwIfAborted();
  const child = spawn(file, args, {
    env: { PATH: path, HOME: homedir(), LANG: 'C.UTF-8', ...env },
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [tailOf(child.stdout), tailOf(child.stderr)];
  let timedOut = false;
  const kill = () => killGroup(child.pid);
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeLimit);
  signal?.addEventListener('abort', kill);
  process.once('exit', kill);
  try {
    const { exitCode, killedBy } = await new Promise<Pick<HookRun, 'exitCode' | 'killedBy'>>((resolve, reject) => {
      child.on('error', (error) => reject(notStarted(command, error)));
      child.on('exit', (code, killer) => {
        const end = () => resolve({ exitCode: code ?? undefined, killedBy: killer ?? undefined });
        // What is in the pipe when the time is over is read first.
        const patience = setTimeout(() => setImmediate(end), rest);
        child.on('close', () => {
          clearTimeout(patience);
          end();
        });
      });
    });
    signal?.throwIfAborted();
    return { ok: exitCode === 0 && !timedOut, exitCode, killedBy, timedOut, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    process.removeListener('exit', kill);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Gives the last of what a stream had, at any time. */
function tailOf(stream: Readable): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-kept);
  });
  return () => tail.toString();
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function notStarted(command: string, error: Error): KeepgateError {
  const code = 'code' in error ? String(error.code) : error.message;
  const why = code === 'ENOEXEC' || code === 'ENOENT' ? `it can't be started (${code})` : printable(error.message);
  return notExecutable(command, why, 'A script begins with the line of its interpreter, which has to exist: #!/bin/sh');
}

function notExecutable(command: string, why: string, help: string): KeepgateError {
  const message = `the hook ${printable(command)} can't be run: ${why}`;
  return new KeepgateError(4, { code: 'hook-not-executable', message, help });
}
