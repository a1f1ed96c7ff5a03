/** Which process something belongs to, told apart from a later one with the same number. */
import { readFileSync, readlinkSync } from 'node:fs';
import process from 'node:process';

export interface ProcessIdentity {
  readonly pid: number;
  /** Its start in clock ticks since the boot (proc(5), field 22 of stat); '' where there is no /proc. */
  readonly start: string;
  /** The boot that `start` counts from. */
  readonly boot: string;
  /** The PID namespace that `pid` is a number of: a container has its own. */
  readonly namespace: string;
}

export function ownIdentity(): ProcessIdentity {
  const { pid } = process;
  return { pid, start: statusOf(pid)?.start ?? '', boot: bootId(), namespace: namespace() };
}

/** `unknown` for a process that lives, or lived, where this one can't look. */
export function fateOf(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (identity.boot !== bootId()) return 'dead';
  if (identity.namespace !== namespace()) return 'unknown';
  if (identity.start === '') return isThere(identity.pid) ? 'alive' : 'dead';
  const status = statusOf(identity.pid);
  return status?.start === identity.start && !status.ended ? 'alive' : 'dead';
}

/** A zombie has ended, though its number is still taken. */
function statusOf(pid: number): { start: string; ended: boolean } | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The name of the program, in parentheses, may have anything in it.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields && { start: fields[19] ?? '', ended: fields[0] === 'Z' || fields[0] === 'X' };
}

const bootId = (): string => attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()) ?? '';

const namespace = (): string => attempt(() => readlinkSync('/proc/self/ns/pid')) ?? '';

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
