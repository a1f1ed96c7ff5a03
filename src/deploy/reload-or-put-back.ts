import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { printable } from '../nginx/printable.ts';
import type { NginxProcess } from './processes.ts';
import { isLoaded, type ReloadOptions, type ReloadResult, testReloadObserve } from './reload.ts';
import type { ExpectedCertificate } from './served-certificate.ts';

export interface PutBackOptions extends ReloadOptions {
  /** Undoes the change on disk. */
  readonly putBack: () => void | Promise<void>;
  /** Called once it is undone and nginx was told so. `taken`: nginx was seen to have the old configuration, or does not run. */
  readonly undone?: (taken: boolean) => void;
  /** What has to be served once the change is undone. */
  readonly expectBefore?: readonly ExpectedCertificate[];
}

export type PutBackResult =
  | { readonly outcome: 'reloaded' | 'not-running'; readonly first: ReloadResult }
  /** `put-back`: nginx has the old configuration, on disk and in memory. `stuck`: on disk alone, or not even a good one. */
  | {
      readonly outcome: 'put-back' | 'stuck';
      readonly first: ReloadResult;
      readonly second: ReloadResult;
      readonly diagnostics: readonly Diagnostic[];
    };

/**
 * For a change that is in place on disk: tests, reloads and watches; when that fails, or is aborted, undoes the change,
 * tests, reloads and watches again.
 * @throws KeepgateError put-back-failed (4) when the change can't be undone; the signal's reason, after undoing
 */
export async function reloadOrPutBack({
  putBack,
  undone,
  expectBefore,
  ...options
}: PutBackOptions): Promise<PutBackResult> {
  const undo = async (why: string, master?: NginxProcess): Promise<ReloadResult> => {
    try {
      await putBack();
    } catch (error) {
      throw notPutBack(why, error);
    }
    const { signal: _, expect: __, ...again } = options;
    const second = await testReloadObserve({ ...again, master, ...(expectBefore && { expect: expectBefore }) });
    undone?.(isLoaded(second));
    return second;
  };
  let first: ReloadResult;
  try {
    first = await testReloadObserve(options);
  } catch (error) {
    await undo(printable(String(error), 300));
    throw error;
  }
  if (isLoaded(first)) return { outcome: first.outcome, first };
  const why = first.diagnostics.map(({ message }) => message).join('; ');
  const second = await undo(why, first.evidence?.master);
  const ended = second.outcome === 'not-running' && first.evidence !== undefined;
  const good = isLoaded(second) && !ended;
  const verdict: Diagnostic = {
    code: good ? 'change-put-back' : 'put-back-not-taken',
    severity: good ? 'info' : 'error',
    message: good
      ? 'the change was put back, and nginx has the old configuration'
      : `the change was put back on disk, but nginx ${ended ? 'has ended' : 'did not take that either'}`,
    help: good
      ? 'Nothing is broken: remove the reason and run the same command again.'
      : 'Look at "nginx -t" and at the error log; "systemctl restart nginx" may be what is left.',
  };
  return {
    outcome: good ? 'put-back' : 'stuck',
    first,
    second,
    diagnostics: [...first.diagnostics, ...(good ? [] : second.diagnostics), verdict],
  };
}

function notPutBack(why: string, error: unknown): KeepgateError {
  const reason = printable(error instanceof Error ? error.message : String(error), 300);
  return new KeepgateError(4, {
    code: 'put-back-failed',
    message: `the change has to be undone and can't be: ${reason} (it has to be because: ${why})`,
    help: 'Put the former state in place by hand, then run: nginx -t && nginx -s reload',
  });
}
