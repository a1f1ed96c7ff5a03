/** After the files are in place: nginx has to take them, or they are put back. */
import type { Diagnostic } from '../diagnostic.ts';
import type { Place } from './apply.ts';
import { type Installed, notPutBack } from './install.ts';
import { noteLoaded, noteUnloaded } from './loaded.ts';
import type { NginxInstance } from './nginx-instance.ts';
import { nginxOf } from './processes.ts';
import { testReloadObserve } from './reload.ts';
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

/** `installed`: undefined when no file had to be changed. @throws as `apply` does */
export async function settle(
  { folder, instance }: Place,
  installed: Installed | undefined,
  options: SettleOptions,
): Promise<Settled> {
  const putBack = (): void => installed?.putBack();
  const loaded: Settled =
    instance === undefined
      ? { outcome: 'installed', nginx: 'elsewhere', diagnostics: [] }
      : await load(instance, putBack, options);
  if (loaded.outcome !== 'installed') return loaded;
  let number: number | undefined;
  try {
    const running = instance && nginxOf(instance.pidFile);
    if (loaded.nginx === 'kept' && running) noteUnloaded(folder, running);
    else noteLoaded(folder);
    number = installed?.keep();
  } catch (error) {
    try {
      putBack();
    } catch (second) {
      throw notPutBack(error, second);
    }
    if (loaded.nginx === 'reloaded' && instance) await testReloadObserve({ instance });
    throw error;
  }
  return { ...loaded, ...(number !== undefined && { number }) };
}

async function load(instance: NginxInstance, putBack: () => void, options: SettleOptions): Promise<Settled> {
  const { reload, start, expect, timeLimit, signal } = options;
  const running = nginxOf(instance.pidFile) !== undefined;
  if (reload && running) {
    const limits = { ...(timeLimit !== undefined && { timeLimit }), ...(signal && { signal }) };
    const result = await reloadOrPutBack({ instance, expect, putBack, ...limits });
    if (result.outcome === 'stuck') return { outcome: 'stuck', nginx: 'reloaded', diagnostics: result.diagnostics };
    if (result.outcome === 'put-back') {
      const outcome = result.first.outcome === 'test-failed' ? 'refused' : 'failed';
      return { outcome, nginx: 'reloaded', diagnostics: result.diagnostics };
    }
    return { outcome: 'installed', nginx: result.outcome, diagnostics: result.first.diagnostics };
  }
  const undone = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      putBack();
      throw error;
    }
  };
  const { passed, diagnostics } = await undone(testConfiguration(instance, signal));
  if (!passed) {
    putBack();
    return { outcome: 'refused', nginx: running ? 'kept' : 'not-running', diagnostics: [...diagnostics, backAgain] };
  }
  if (running) return { outcome: 'installed', nginx: 'kept', diagnostics };
  if (!start) return { outcome: 'installed', nginx: 'not-running', diagnostics };
  const failure = await undone(startNginx(instance, expect, signal));
  if (failure === undefined) return { outcome: 'installed', nginx: 'started', diagnostics };
  putBack();
  if (nginxOf(instance.pidFile) !== undefined) await testReloadObserve({ instance });
  return { outcome: 'failed', nginx: 'not-running', diagnostics: [...diagnostics, failure, backAgain] };
}

const backAgain: Diagnostic = {
  code: 'change-put-back',
  severity: 'info',
  message: 'the change was put back: the files are as they were',
  help: 'Nothing is broken: remove the reason and run the same command again.',
};
