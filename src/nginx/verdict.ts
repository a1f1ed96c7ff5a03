import { constants } from 'node:os';
import type { Diagnostic } from '../diagnostic.ts';
import { type NginxMessage, parseMessages, successful } from './output.ts';
import type { Run } from './run.ts';
import * as failure from './sandbox-failure.ts';

export type Verdict =
  | { readonly passed: boolean; readonly messages: readonly NginxMessage[] }
  | { readonly diagnostic: Diagnostic };

/**
 * What a run of `nginx -t` says. An exit by signal is a failure, and so is a 0 without nginx's own word for it.
 * `exitCode` counts signals as a shell does: 128 + n.
 */
export function verdictOf(
  nginx: string,
  { stderr, timedOut, signal, startError }: Run,
  exitCode: number | undefined,
  limit: number,
): Verdict {
  if (startError === 'ENOENT' || startError === 'EACCES') {
    return { diagnostic: failure.programMissing('prlimit', startError) };
  }
  const outOfTime = timedOut || signal === 'SIGXCPU' || exitCode === 128 + constants.signals.SIGXCPU;
  if (outOfTime) return { diagnostic: failure.timedOut(nginx, limit) };
  if (signal !== undefined) return { diagnostic: failure.crashed(nginx, signal, stderr) };
  if (exitCode === undefined && /^bwrap: execvp /.test(stderr))
    return { diagnostic: failure.notRunnable(nginx, stderr) };
  if (exitCode === undefined) return { diagnostic: failure.sandboxFailed(stderr) };
  if (exitCode > 128) return { diagnostic: failure.crashed(nginx, exitCode - 128, stderr) };
  const passed = exitCode === 0 && successful.test(stderr);
  const messages = parseMessages(stderr);
  if (exitCode > 1 || (!passed && messages.length === 0)) return { diagnostic: failure.notRunnable(nginx, stderr) };
  return { passed, messages };
}
