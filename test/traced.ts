/** What a process and its children wrote, and where to, as strace saw it. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { parts } from './parts.ts';

export interface Written {
  /** Of the system call. */
  readonly call: string;
  /** The path of the file; `pipe:[N]`, `socket:[N]` and the like; nothing for arguments and environment of a program. */
  readonly target: string;
  /** Of the file, when the process made it: octal, as it asked for it. */
  readonly mode: string | undefined;
  readonly bytes: Buffer;
}

const opening = ['open', 'openat', 'openat2', 'creat'];
const writing = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2', 'sendto', 'sendmsg', 'sendmmsg', 'sendfile'];
const executing = ['execve', 'execveat'];

/** Undefined where this machine lets no process be traced. */
export async function whyNoTrace(): Promise<string | undefined> {
  const { exitCode, stderr } = await execa(parts.strace, ['-f', '-o', '/dev/null', 'true'], { reject: false });
  return exitCode === 0 ? undefined : stderr;
}

/** The command before which strace stands; its account goes into the folder. */
export function tracing(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const calls = [...opening, ...writing, ...executing].map((call) => `?${call}`).join();
  // A file for each thread, all strings whole and in hexadecimal, descriptors with what they lead to.
  return [parts.strace, '-ff', '-o', join(folder, 'trace'), '-y', '-v', '-xx', '-s', '1000000', '-e', `trace=${calls}`];
}

export function readTrace(folder: string): Written[] {
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'latin1').split('\n'));
  const modes = new Map<string, string>();
  for (const line of lines) {
    const [, flags = '', mode, path = ''] =
      /^open\w*\(.*?"[^"]*", ([A-Z_|]+)(?:, (0\d+))?\) = \d+<([^>]*)>/.exec(line) ?? [];
    if (flags.includes('O_CREAT') && mode !== undefined) modes.set(decoded(path).toString(), mode);
  }
  return lines.flatMap((line): Written[] => {
    const [, call = '', to = ''] = /^(\w+)\((?:\d+<([^>]*)>)?/.exec(line) ?? [];
    if (!writing.includes(call) && !executing.includes(call)) return [];
    const target = decoded(to).toString();
    const bytes = Buffer.concat(
      [...line.matchAll(/"([^"]*)"/g)].flatMap(([, text = '']) => [decoded(text), Buffer.of(0)]),
    );
    return [{ call, target, mode: modes.get(target), bytes }];
  });
}

const decoded = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
