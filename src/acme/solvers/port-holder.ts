/** Who listens on a TCP port of this machine: proc_net(5) and proc_pid_fd(5). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { printable } from '../../nginx/printable.ts';

export interface PortHolder {
  /** undefined where the process belongs to somebody else, and this user isn't root. */
  readonly pid?: number;
  /** The name of the program, such as `nginx`. */
  readonly program?: string;
  /** The user id that the socket belongs to. */
  readonly uid: number;
}

const listening = '0A';

/** The first process (a master, not one of its workers) of those that listen on a port, on whatever address; undefined when nobody does. */
export function portHolder(port: number): PortHolder | undefined {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => socketsOn(path, port));
  const first = sockets[0];
  if (first === undefined) return undefined;
  const wanted = new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
  const holders = pids().filter((candidate) => descriptorsOf(candidate).some((target) => wanted.has(target)));
  const pid = holders.find((holder) => !holders.includes(parentOf(holder)));
  if (pid === undefined) return { uid: first.uid };
  const program = holders.some((holder) => programOf(holder) === 'nginx') ? 'nginx' : programOf(pid);
  return { pid, program, uid: first.uid };
}

/** Whether a program of that name runs: everybody may see that, also of processes that aren't his. */
export function runs(program: string): boolean {
  return pids().some((pid) => programOf(pid) === program);
}

/** In words, for the middle of a sentence. */
export function nameOf(holder: PortHolder | undefined): string {
  if (holder === undefined) return 'another process';
  if (holder.pid === undefined) return `a process of user ${holder.uid} (root can see which)`;
  return `${holder.program} (pid ${holder.pid})`;
}

function socketsOn(path: string, port: number): { inode: string; uid: number }[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(path)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(ending) && fields[3] === listening)
    .map((fields) => ({ inode: fields[9] ?? '', uid: Number(fields[7]) }));
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`));
  } catch {
    return []; // it has ended, or belongs to somebody else
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** nginx says itself what it is, also where a loader or wrapper runs it; of others the name of their file is known. */
function programOf(pid: number): string {
  if (/(?:^|\0)nginx: (?:master|worker) process/.test(read(`/proc/${pid}/cmdline`))) return 'nginx';
  return printable(read(`/proc/${pid}/comm`), 20);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
