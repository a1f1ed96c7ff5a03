/** An nginx that is started and is not as it should be. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NginxInstance } from '../../src/deploy/nginx-instance.ts';
import { platformReasons } from '../../src/deploy/platform-reasons.ts';
import { nginxOf } from '../../src/deploy/processes.ts';
import { startNginx } from '../../src/deploy/start.ts';
import { watchStart } from '../../src/deploy/start-log.ts';
import { type InstalledNginx, installNginx } from './installed-nginx.ts';

const timeout = 240_000;
let nginx: InstalledNginx;
let instance: NginxInstance;
beforeEach(async () => {
  nginx = await installNginx('trixie');
  instance = { nginx: nginx.program, pidFile: nginx.pidFile, reload: 'signal' };
});
afterEach(() => nginx.remove());

/** A certificate that it never serves. */
const never = () => [
  { host: 'a.example.com', address: '127.0.0.1', port: nginx.ports.https, fingerprint: '0'.repeat(64) },
];
const started = () => expect.poll(nginx.workers, { timeout: 30_000 }).toHaveLength(2);

/** A systemctl that notes what it is told, and does it. */
function systemd(): { commands: Pick<NginxInstance, 'start' | 'stop'>; calls: () => string } {
  const [systemctl, log] = [join(nginx.folder, 'systemctl'), join(nginx.folder, 'calls')];
  const script = `echo "$*" >>'${log}'\n[ "$1" = start ] && exec '${nginx.program}'\nexec '${nginx.program}' -s stop\n`;
  writeFileSync(systemctl, `#!/bin/sh\n${script}`, { mode: 0o755 });
  const commands = { start: [systemctl, 'start', 'nginx'], stop: [systemctl, 'stop', 'nginx'] } as const;
  return { commands, calls: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}

const denied = 'bind() to 0.0.0.0:8443 failed (13: Permission denied)';

it('is said why it does not start, where systemctl says only that it does not', { timeout }, async () => {
  const [systemctl, errorLog] = [join(nginx.folder, 'systemctl'), join(nginx.folder, 'log/error.log')];
  writeFileSync(errorLog, '2026/01/01 00:00:00 [emerg] 1#1: of another day\n');
  const line = `2026/01/02 00:00:00 [emerg] 7#7: ${denied}`;
  const script = `[ "$1" = start ] || exit 0\necho '${line}' >>'${errorLog}'\necho 'Job for nginx.service failed.' >&2\nexit 1\n`;
  writeFileSync(systemctl, `#!/bin/sh\n${script}`, { mode: 0o755 });
  const failure = await startNginx({ ...instance, errorLog, start: [systemctl, 'start', 'nginx'] }, []);
  const message = `"${systemctl} start nginx" failed: Job for nginx.service failed.; nginx says: ${denied}`;
  expect(failure).toMatchObject({ code: 'start-failed', message });
  writeFileSync(join(nginx.folder, 'enforce'), '1');
  const reasons = await platformReasons({ said: failure?.message ?? '', ports: [], path: [], selinux: nginx.folder });
  expect(reasons).toMatchObject([{ code: 'selinux-blocks-port' }]);
});

it('has the reason in the journal', { timeout }, async () => {
  const journalctl = join(nginx.folder, 'journalctl');
  const script = `echo "nginx: [emerg] ${denied}"\necho "$*" >'${journalctl}.args'\n`;
  writeFileSync(journalctl, `#!/bin/sh\n${script}`, { mode: 0o755 });
  expect(await watchStart({ ...instance, start: ['systemctl', 'start', 'nginx'] }, journalctl)()).toEqual([denied]);
  expect(readFileSync(`${journalctl}.args`, 'utf8')).toMatch(/^--unit nginx --lines 20 --since @\d+ /);
  expect(await watchStart(instance, journalctl)()).toEqual([]);
  expect(await watchStart({ ...instance, start: ['systemctl', 'start', 'nginx'] }, '/nowhere')()).toEqual([]);
});

it('runs when it is as it should be', { timeout }, async () => {
  expect(await startNginx(instance, [])).toBeUndefined();
  await started();
});

it('is stopped when it serves another certificate', { timeout }, async () => {
  const failure = await startNginx(instance, never());
  expect(failure).toMatchObject({ code: 'start-failed', message: expect.stringContaining('does not serve') });
  expect(nginxOf(nginx.pidFile)).toBeUndefined();
});

it.each(['signal', 'systemd'])('is stopped when the start is aborted: by a %s', { timeout }, async (how) => {
  const { commands, calls } = systemd();
  const aborting = new AbortController();
  const starting = startNginx({ ...instance, ...(how === 'systemd' && commands) }, never(), aborting.signal);
  await started();
  aborting.abort(new Error('enough'));
  await expect(starting).rejects.toThrow();
  expect(nginxOf(nginx.pidFile)).toBeUndefined();
  expect(calls()).toBe(how === 'systemd' ? 'start nginx\nstop nginx\n' : '');
});
