/** What /proc says about nginx's processes (proc(5)). Linux alone has it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

export interface NginxProcess {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since boot: with the pid, it names one process and never another. */
  readonly startTime: string;
  /** What nginx says it is: `nginx: worker process`, `nginx: worker process is shutting down` …; else empty. */
  readonly title: string;
}

/** Undefined when there is none, or when it has ended and nobody has asked for its exit code yet. */
export function readProcess(pid: number): NginxProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // After those of a loader that it was started through.
    const title = words.find((word) => word.startsWith('nginx: ')) ?? '';
    return { pid, parent: Number(parent), startTime: rest[17] ?? '', title };
  } catch {
    return undefined;
  }
}

/** A running nginx. */
export interface NginxProcesses {
  readonly master: NginxProcess;
  /** Its workers, those that keep its caches, those that it has just made and that don't say yet what they are, and anybody's else. */
  readonly children: readonly NginxProcess[];
}

/**
 * The nginx whose master a pid file names; undefined when it isn't running. A pid file may be old and its number
 * another program's. Without workers, which it loses when they can't start, it still is a master: one that says so, or
 * that was `known` before.
 */
export function nginxOf(pidFile: string, known?: NginxProcess): NginxProcesses | undefined {
  const master = readProcess(readPid(pidFile));
  if (master === undefined) return undefined;
  const children = childrenOf(master);
  const sure = children.some(isNginx) || master.title.startsWith('nginx: master process') || isSame(master, known);
  return sure ? { master, children } : undefined;
}

/** The processes that this one has started and that still run. */
export function childrenOf(master: NginxProcess): NginxProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => readProcess(Number(entry)) ?? [])
    .filter(({ parent }) => parent === master.pid);
}

/** The id of the user that a process runs as; undefined when it has ended. */
export function userOf({ pid }: NginxProcess): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

export function isNginx({ title }: NginxProcess): boolean {
  return title !== '';
}

export function isSame(a: NginxProcess, b: NginxProcess | undefined): boolean {
  return a.pid === b?.pid && a.startTime === b.startTime;
}

/** 0, which no process has, when it can't be read; `nginx -t` leaves an empty one where nginx isn't running. */
function readPid(file: string): number {
  try {
    return Number(/^\d+$/.exec(readFileSync(file, 'utf8').trim())?.[0] ?? 0);
  } catch {
    return 0;
  }
}
