import { closeSync, fstatSync, openSync, readlinkSync, readSync, statSync } from 'node:fs';
import { withoutOpensslCodes } from '../tls-failure.ts';

/** A severe message that a running nginx wrote to its log. */
export interface LoggedMessage {
  readonly level: 'emerg' | 'alert';
  /** The process that wrote it. */
  readonly pid: number;
  /** As it stands there, but for the codes of OpenSSL: `printable` before it is shown. */
  readonly text: string;
}

export interface LogWatch {
  /** The files that are read; empty when none can be. */
  readonly files: readonly string[];
  /** What was written since the watch began, oldest first. */
  severe(): LoggedMessage[];
}

/** Bytes of new log that are read; more than a reload makes. */
const most = 4_000_000;
const severeLine = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(emerg|alert)\] (\d+)#\d+: (?:\*\d+ )?(.*)$/gm;

/**
 * Watches the log that a master process writes to (its standard error is the main error_log), and a file that is
 * known otherwise. Only the owner of the process and root can ask which log that is.
 */
export function watchErrorLog(master: number, known?: string): LogWatch {
  const files = [...new Set([logOf(master), known].filter((file) => file !== undefined))].filter(isReadable);
  const before = new Map(files.map((file) => [file, positionOf(file)]));
  return {
    files,
    severe: () => files.flatMap((file) => severeIn(readSince(file, before.get(file)))),
  };
}

function severeIn(text: string): LoggedMessage[] {
  return [...text.matchAll(severeLine)].map(([, level, pid, said = '']) => ({
    level: level as LoggedMessage['level'],
    pid: Number(pid),
    text: withoutOpensslCodes(said),
  }));
}

function logOf(master: number): string | undefined {
  try {
    return readlinkSync(`/proc/${master}/fd/2`);
  } catch {
    return undefined;
  }
}

function isReadable(file: string): boolean {
  try {
    if (!statSync(file).isFile()) return false;
    closeSync(openSync(file, 'r'));
    return true;
  } catch {
    return false;
  }
}

interface Position {
  readonly inode: number;
  readonly size: number;
}

function positionOf(file: string): Position {
  const { ino: inode, size } = statSync(file);
  return { inode, size };
}

/** A log that was rotated or emptied meanwhile is new from its beginning. */
function readSince(file: string, before: Position | undefined): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const { ino, size } = fstatSync(descriptor);
    const from = before !== undefined && before.inode === ino && before.size <= size ? before.size : 0;
    const buffer = Buffer.alloc(Math.min(size - from, most));
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, from));
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
