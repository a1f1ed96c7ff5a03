/** An nginx that is started and is not as it should be. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NginxInstance } from '../../src/deploy/nginx-instance.ts';
import { nginxOf } from '../../src/deploy/processes.ts';
import { startNginx } from '../../src/deploy/start.ts';
import { type InstalledNginx, installNginx } from './installed-nginx.ts';

const timeout = 60_000;
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
const started = () => expect.poll(nginx.workers, { timeout: 10_000 }).toHaveLength(2);

/** A systemctl that notes what it is told, and does it. */
function systemd(): { commands: Pick<NginxInstance, 'start' | 'stop'>; calls: () => string } {
  const [systemctl, log] = [join(nginx.folder, 'systemctl'), join(nginx.folder, 'calls')];
  const script = `echo "$*" >>'${log}'\n[ "$1" = start ] && exec '${nginx.program}'\nexec '${nginx.program}' -s stop\n`;
  writeFileSync(systemctl, `#!/bin/sh\n${script}`, { mode: 0o755 });
  const commands = { start: [systemctl, 'start', 'nginx'], stop: [systemctl, 'stop', 'nginx'] } as const;
  return { commands, calls: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}

it('runs when it is as it should be', { timeout }, async () => {
  expect(await startNginx(instance, [])).toBeUndefined();
  expect(nginx.workers()).toHaveLength(2);
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
