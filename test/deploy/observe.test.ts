import process from 'node:process';
import { afterEach, expect, it } from 'vitest';
import type { LoggedMessage } from '../../src/deploy/error-log.ts';
import { observe } from '../../src/deploy/observe.ts';
import { nginxOf as processesOf } from '../../src/deploy/processes.ts';
import { parts } from '../parts.ts';
import { certificate, type Machine, startMachine } from './running-nginx.ts';

let machine: Machine | undefined;
afterEach(async () => {
  await machine?.stop();
  machine = undefined;
});

/** What a real reload is taken for when the log says that about it. */
async function reloadWith(said: (pids: { master: number; old: number }) => LoggedMessage) {
  machine = await startMachine(parts.nginx.bookworm, certificate());
  const processes = processesOf(machine.instance.pidFile);
  if (processes === undefined) throw new Error('it runs');
  const { master, children } = processes;
  const message = said({ master: master.pid, old: children[0]?.pid ?? 0 });
  process.kill(master.pid, 'SIGHUP');
  const log = { files: [], severe: () => [message] };
  return observe({ ...processes, log }, { expect: [], timeLimit: 10_000 });
}

it.each([
  ['the death of an old worker', (old: number) => `worker process ${old} exited on signal 9`],
  ['a message that did not reach it', () => 'sendmsg() failed (9: Bad file descriptor)'],
  ['a signal that did not', (old: number) => `kill(${old}, 3) failed (3: No such process)`],
])('takes a reload for good after %s', async (_, text) => {
  expect(await reloadWith(({ master, old }) => ({ level: 'alert', pid: master, text: text(old) }))).toMatchObject({
    ...{ taken: true, evidence: { log: [] } },
  });
});

it("takes a reload for good after another nginx's complaint in the same log", async () => {
  const complaint = { level: 'emerg', text: 'unknown directive' } as const;
  expect(await reloadWith(() => ({ ...complaint, pid: process.pid }))).toMatchObject({ taken: true });
});

it('takes a reload for bad after the death of a new worker', async () => {
  const dead = { level: 'alert', text: 'worker process 4194303 exited on signal 11' } as const;
  expect(await reloadWith(({ master }) => ({ ...dead, pid: master }))).toMatchObject({
    ...{ taken: false, why: 'complaint', evidence: { log: [dead] } },
  });
});

it('sees that the master has ended', async () => {
  machine = await startMachine(parts.nginx.bookworm, certificate());
  const processes = processesOf(machine.instance.pidFile);
  if (processes === undefined) throw new Error('it runs');
  await machine.running.stop();
  const log = { files: [], severe: () => [] };
  expect(await observe({ ...processes, log }, { expect: [], timeLimit: 10_000 })).toMatchObject({
    ...{ taken: false, why: 'master-gone' },
  });
});
