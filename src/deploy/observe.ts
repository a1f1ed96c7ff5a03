/** Whether nginx really took a configuration: a test that passes and a reload that exits 0 don't say so. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LoggedMessage, LogWatch } from './error-log.ts';
import { childrenOf, isNginx, isSame, type NginxProcess, type NginxProcesses, readProcess } from './processes.ts';
import { askForCertificate, type ExpectedCertificate, isServed, type ServedCertificate } from './served-certificate.ts';

/** How things stood just before the reload. */
export interface Before extends NginxProcesses {
  readonly log: LogWatch;
}

/** What was seen, for people who have to find out. */
export interface Evidence {
  readonly master: NginxProcess;
  /** Pids. Those that only end their last requests are `leaving`. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly leaving: readonly number[];
  /** The log's new lines of level emerg or alert, by the master or a worker that it started. */
  readonly log: readonly LoggedMessage[];
  readonly logFiles: readonly string[];
  readonly served: readonly ServedCertificate[];
  /** Until this was known. */
  readonly milliseconds: number;
}

export type Observation =
  | { readonly taken: true; readonly evidence: Evidence }
  | {
      readonly taken: false;
      readonly why: 'complaint' | 'master-gone' | 'workers-kept' | 'certificate';
      readonly evidence: Evidence;
    };

const poll = 50;
/** Milliseconds for one handshake, which may begin just before the end. */
const handshake = 2000;

/**
 * Looks until all workers are new and every certificate is the expected one, until nginx complains, or for `timeLimit`
 * milliseconds. Old workers that are shutting down take no connection any more, so they don't count.
 * @throws the signal's reason when it is aborted
 */
export async function observe(
  before: Before,
  options: { expect: readonly ExpectedCertificate[]; timeLimit: number; signal?: AbortSignal | undefined },
): Promise<Observation> {
  const { master, children, log } = before;
  const { expect, timeLimit, signal } = options;
  const started = performance.now();
  const own = new Set([master.pid]);
  let served: ServedCertificate[] = [];
  for (;;) {
    const sameMaster = isSame(master, readProcess(master.pid));
    const now = childrenOf(master).filter(isNginx);
    const fresh = now.filter((child) => !children.some((old) => isSame(old, child)));
    const kept = now.filter((child) => !fresh.includes(child));
    const leaving = kept.filter(({ title }) => title.endsWith('is shutting down'));
    for (const { pid } of fresh) own.add(pid);
    const replaced = fresh.some(({ title }) => title === 'nginx: worker process') && kept.length === leaving.length;
    if (replaced) served = await Promise.all(expect.map((expected) => askForCertificate(expected, handshake)));
    const said = log.severe().filter(({ pid, text }) => own.has(pid) && !aboutOld(text, children));
    const evidence: Evidence = {
      master,
      before: children.filter(isNginx).map(({ pid }) => pid),
      after: fresh.map(({ pid }) => pid),
      leaving: leaving.map(({ pid }) => pid),
      log: said,
      logFiles: log.files,
      served,
      milliseconds: Math.round(performance.now() - started),
    };
    if (!sameMaster) return { taken: false, why: 'master-gone', evidence };
    if (said.some(isFinal)) return { taken: false, why: 'complaint', evidence };
    if (replaced && served.every(isServed)) return { taken: true, evidence };
    if (performance.now() - started >= timeLimit)
      return { taken: false, why: replaced ? 'certificate' : 'workers-kept', evidence };
    await delay(poll, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/**
 * nginx tries to bind five times before it gives up, and says so then: "still could not bind()". A worker in a rootless
 * container can't set its supplementary groups, and works all the same.
 */
function isFinal({ text }: LoggedMessage): boolean {
  return !/^(bind\(\) to |initgroups\()/.test(text);
}

/** Of a worker that had to go anyway, or the master's vain attempt to reach one that is gone already. */
function aboutOld(text: string, old: readonly NginxProcess[]): boolean {
  if (/^(sendmsg\(\) failed|kill\(\d+, \d+\) failed \(3: )/.test(text)) return true;
  const [, pid] = /^\w+(?: \w+)? process (\d+) exited /.exec(text) ?? [];
  return old.some((child) => child.pid === Number(pid));
}
