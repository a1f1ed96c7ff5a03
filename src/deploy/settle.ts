/** After the files are in place: nginx has to take them, or they are put back. */
import type { Diagnostic } from '../diagnostic.ts';
import type { HeldTree } from '../files/held-tree.ts';
import type { Place } from './apply.ts';
import { type Installed, notPutBack } from './install.ts';
import { noteLoaded, noteUnloaded, noteUnsure } from './loaded.ts';
import type { NginxInstance } from './nginx-instance.ts';
import { nginxOf } from './processes.ts';
import { isLoaded, testReloadObserve } from './reload.ts';
import { reloadOrPutBack } from './reload-or-put-back.ts';
import type { ExpectedCertificate } from './served-certificate.ts';
import { startNginx } from './start.ts';
import { testConfiguration } from './test-configuration.ts';

export interface SettleOptions {
  readonly reload: boolean;
  readonly start: boolean;
  readonly expect: readonly ExpectedCertificate[];
  readonly timeLimit?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Settled {
  readonly outcome: 'installed' | 'refused' | 'failed' | 'stuck';
  /** `elsewhere`: no nginx of this machine reads the folder. `kept`: it runs on with what it had, as was asked for. */
  readonly nginx: 'reloaded' | 'started' | 'not-running' | 'kept' | 'elsewhere';
  readonly diagnostics: readonly Diagnostic[];
  readonly number?: number;
}

/** What is left to do once a change was put back. */
interface Undo {
  /** Puts it back; nginx is told afterwards. */
  putBack(): void;
  /** The journal goes last: killed before, the next run puts back what is back already, and has nginx read it. */
  end(nginx: 'untouched' | 'has-it' | 'unsure'): void;
}

/** `installed`: undefined when no file had to be changed. @throws as `apply` does */
export async function settle(
  tree: HeldTree,
  instance: Place['instance'],
  installed: Installed | undefined,
  options: SettleOptions,
): Promise<Settled> {
  const undo: Undo = {
    putBack: () => installed?.putBack(),
    end: (nginx) => {
      const running = instance && nginxOf(instance.pidFile);
      if (nginx === 'has-it') noteLoaded(tree);
      if (nginx === 'unsure' && running) noteUnsure(tree, running);
      installed?.forget();
    },
  };
  const loaded: Settled =
    instance === undefined
      ? { outcome: 'installed', nginx: 'elsewhere', diagnostics: [] }
      : await load(instance, undo, options);
  if (loaded.outcome !== 'installed') return loaded;
  let number: number | undefined;
  try {
    const running = instance && nginxOf(instance.pidFile);
    if (loaded.nginx === 'kept' && running) noteUnloaded(tree, running);
    else noteLoaded(tree);
    number = installed?.keep();
  } catch (error) {
    try {
      undo.putBack();
      const read = loaded.nginx === 'reloaded' || loaded.nginx === 'started';
      undo.end(read && instance ? await readAgain(instance) : 'untouched');
    } catch (second) {
      throw notPutBack(error, second);
    }
    throw error;
  }
  return { ...loaded, ...(number !== undefined && { number }) };
}

async function readAgain(instance: NginxInstance): Promise<'has-it' | 'unsure'> {
  return isLoaded(await testReloadObserve({ instance })) ? 'has-it' : 'unsure';
}

async function load(instance: NginxInstance, undo: Undo, options: SettleOptions): Promise<Settled> {
  const { reload, start, expect, timeLimit, signal } = options;
  const running = nginxOf(instance.pidFile) !== undefined;
  if (reload && running) {
    const limits = { ...(timeLimit !== undefined && { timeLimit }), ...(signal && { signal }) };
    const undone = (taken: boolean): void => undo.end(taken ? 'has-it' : 'unsure');
    const result = await reloadOrPutBack({ instance, expect, putBack: undo.putBack, undone, ...limits });
    if (result.outcome === 'stuck') return { outcome: 'stuck', nginx: 'reloaded', diagnostics: result.diagnostics };
    if (result.outcome === 'put-back') {
      const outcome = result.first.outcome === 'test-failed' ? 'refused' : 'failed';
      return { outcome, nginx: 'reloaded', diagnostics: result.diagnostics };
    }
    return { outcome: 'installed', nginx: result.outcome, diagnostics: result.first.diagnostics };
  }
  const undone = async <T>(work: Promise<T>, nginx: Parameters<Undo['end']>[0]): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      undo.putBack();
      undo.end(nginx);
      throw error;
    }
  };
  const { passed, diagnostics } = await undone(testConfiguration(instance, signal), 'untouched');
  if (!passed) {
    undo.putBack();
    undo.end('untouched');
    return { outcome: 'refused', nginx: running ? 'kept' : 'not-running', diagnostics: [...diagnostics, backAgain] };
  }
  if (running) return { outcome: 'installed', nginx: 'kept', diagnostics };
  if (!start) return { outcome: 'installed', nginx: 'not-running', diagnostics };
  const failure = await undone(startNginx(instance, expect, signal), 'unsure');
  if (failure === undefined) return { outcome: 'installed', nginx: 'started', diagnostics };
  undo.putBack();
  undo.end(nginxOf(instance.pidFile) === undefined ? 'untouched' : await readAgain(instance));
  return { outcome: 'failed', nginx: 'not-running', diagnostics: [...diagnostics, failure, backAgain] };
}

const backAgain: Diagnostic = {
  code: 'change-put-back',
  severity: 'info',
  message: 'the change was put back: the files are as they were',
  help: 'Nothing is broken: remove the reason and run the same command again.',
};
