import { once } from 'node:events';

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { switchesOf } from '../../src/deploy/nginx-instance.ts';
import { testReloadObserve } from '../../src/deploy/reload.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { nginxOf, parts, suites } from '../parts.ts';
import { certificate, host, type Machine, startMachine } from './running-nginx.ts';

let machine: Machine | undefined;
afterEach(async () => {
  await machine?.stop();
  machine = undefined;
});

const nginx = parts.nginx.bookworm;

describe('nginx is not running', () => {
  const instance = { nginx, reload: 'signal' } as const;

  it.each([
    ['there is no pid file', undefined],
    ['the pid file is empty, as a test leaves it', ''],
    ["it is another program's pid", String(process.pid)],
    ['it is the pid of nobody', '4194305'],
  ])('when %s', async (_, pid) => {
    machine = await startMachine(nginx, certificate());
    const pidFile = join(machine.prefix, 'other.pid');
    if (pid !== undefined) writeFileSync(pidFile, pid);
    const result = await testReloadObserve({ instance: { ...machine.instance, ...instance, pidFile } });
    expect(result).toEqual({ outcome: 'not-running', diagnostics: [] });
  });
});

describe('a command', () => {
  it('reloads it', async () => {
    machine = await startMachine(nginx, certificate());
    const { instance } = machine;
    const reload = [nginx, '-s', 'reload', ...switchesOf(instance)] as const;
    expect(await testReloadObserve({ instance: { ...instance, reload } })).toMatchObject({ outcome: 'reloaded' });
  });

  it.each([
    [['sh', '-c', 'echo no rights >&2; exit 1'], 'no rights'],
    [['/no/such/systemctl', 'reload', 'nginx'], 'ENOENT'],
  ] as const)('fails: %j', async (reload, words) => {
    machine = await startMachine(nginx, certificate());
    expect(await testReloadObserve({ instance: { ...machine.instance, reload } })).toMatchObject({
      outcome: 'not-taken',
      diagnostics: [{ code: 'reload-command-failed', message: expect.stringContaining(words) }],
    });
  });

  it('that does nothing is noticed', async () => {
    machine = await startMachine(nginx, certificate());
    const idle = { ...machine.instance, reload: ['true'] as const };
    expect(await testReloadObserve({ instance: idle, timeLimit: 500 })).toMatchObject({
      outcome: 'not-taken',
      diagnostics: [{ message: expect.stringMatching(/still has its old workers after 0\.5 s \(see .*error\.log\)$/) }],
    });
  });
});

it('says that nginx itself can not be run', async () => {
  machine = await startMachine(nginx, certificate());
  const instance = { ...machine.instance, nginx: '/no/such/nginx' };
  expect(await testReloadObserve({ instance })).toMatchObject({
    outcome: 'test-failed',
    diagnostics: [{ code: 'reload-test-failed', message: expect.stringMatching(/ENOENT/) }],
  });
});

const notTaken = (message: RegExp, help: RegExp) => ({
  outcome: 'not-taken',
  diagnostics: [
    {
      code: 'reload-not-taken',
      severity: 'error',
      message: expect.stringMatching(message),
      help: expect.stringMatching(help),
    },
  ],
});

describe.each(suites)('nginx of %s', (suite) => {
  const start = async (more?: string) => {
    const first = certificate();
    machine = await startMachine(nginxOf(suite), first, more);
    return { machine, first };
  };

  it('has a new certificate after it, and is the same master with new workers', async () => {
    const { machine, first } = await start();
    const { instance, running } = machine;
    const unchanged = await testReloadObserve({ instance, expect: [machine.expecting(first)] });
    expect(unchanged).toMatchObject({ outcome: 'reloaded', diagnostics: [] });
    const second = certificate();
    machine.install(second);
    const { outcome, diagnostics, evidence } = await testReloadObserve({
      instance,
      expect: [machine.expecting(second)],
    });
    expect({ outcome, diagnostics }).toEqual({ outcome: 'reloaded', diagnostics: [] });
    expect(evidence?.master.pid).toBe(running.pid);
    expect(evidence?.after.length).toBeGreaterThan(0);
    expect(evidence?.before).toEqual(expect.arrayContaining([...(unchanged.evidence?.after ?? [])]));
    expect(evidence?.logFiles).toEqual([join(machine.prefix, 'error.log')]);
  });

  it('is not asked to reload what it refuses', async () => {
    const { machine, first } = await start();
    machine.http('nonsense on;');
    const { instance } = machine;
    expect(await testReloadObserve({ instance })).toEqual({
      outcome: 'test-failed',
      diagnostics: [
        expect.objectContaining({
          code: 'reload-test-failed',
          message: expect.stringMatching(/^nginx -t refuses: .*"nonsense".*\(.*more\.conf:1\)$/),
        }),
      ],
    });
    expect(await machine.running.errorLog()).not.toContain('SIGHUP');
    machine.http('');
    expect(await testReloadObserve({ instance, expect: [machine.expecting(first)] })).toMatchObject({
      outcome: 'reloaded',
    });
  });

  it('keeps the old configuration where another program has the port', async () => {
    const { machine } = await start();
    const [taken = 0] = await freePorts(1);
    const other = createServer().listen(taken, '127.0.0.1');
    await once(other, 'listening');
    machine.http(`server { listen 127.0.0.1:${taken}; }`);
    const result = await testReloadObserve({ instance: machine.instance });
    expect(result).toMatchObject(notTaken(/\[emerg\] bind\(\) to .* failed .*still could not bind\(\)/, /ss -ltnp/));
    other.close();
    await once(other, 'close');
    expect(await testReloadObserve({ instance: machine.instance })).toMatchObject({ outcome: 'reloaded' });
  });

  it('takes it when the port is given free while it tries', async () => {
    const { machine } = await start();
    const [taken = 0] = await freePorts(1);
    const other = createServer().listen(taken, '127.0.0.1');
    await once(other, 'listening');
    machine.http(`server { listen 127.0.0.1:${taken}; }`);
    const reloading = testReloadObserve({ instance: machine.instance });
    await expect.poll(() => machine.running.errorLog(), { timeout: 10_000, interval: 10 }).toContain('[emerg]');
    other.close();
    const { outcome, evidence } = await reloading;
    expect(outcome).toBe('reloaded');
    expect(evidence?.log[0]).toMatchObject({ level: 'emerg', text: expect.stringContaining('bind()') });
  });

  it.each([
    ['limit_req_zone $binary_remote_addr zone=a:1m rate=1r/s;', 'limit_req_zone $server_name zone=a:1m rate=1r/s;'],
    ['limit_conn_zone $binary_remote_addr zone=a:1m;', 'limit_conn_zone $server_name zone=a:1m;'],
  ])('keeps the old configuration where a shared zone has another key: %s', async (before, after) => {
    const { machine } = await start(before);
    machine.http(after);
    const result = await testReloadObserve({ instance: machine.instance });
    expect(result).toMatchObject(
      notTaken(/\[emerg\] limit_\w+ "a" uses the ".*" key while previously/, /another name/),
    );
  });

  it('takes a shared zone of another size', async () => {
    const { machine } = await start('limit_req_zone $binary_remote_addr zone=a:1m rate=1r/s;');
    machine.http('limit_req_zone $binary_remote_addr zone=a:2m rate=1r/s;');
    expect(await testReloadObserve({ instance: machine.instance })).toMatchObject({ outcome: 'reloaded' });
  });

  it('keeps the old configuration where a cache has another path', async () => {
    const { machine } = await start('proxy_cache_path cache-1 keys_zone=a:1m;');
    machine.http('proxy_cache_path cache-2 keys_zone=a:1m;');
    const result = await testReloadObserve({ instance: machine.instance });
    expect(result).toMatchObject(notTaken(/\[emerg\] cache "a" uses the ".*" cache path while/, /another name/));
  });

  it('does not wait for old workers that still have a request', async () => {
    const { machine, first } = await start();
    const { instance, port } = machine;
    // Half a request: its worker waits for the rest.
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.on('error', () => undefined).write('GET / HTTP/1.1\r\n');
    const { outcome, evidence } = await testReloadObserve({ instance, expect: [machine.expecting(first)] });
    expect(outcome).toBe('reloaded');
    expect(evidence?.leaving.length).toBeGreaterThan(0);
    expect((await testReloadObserve({ instance })).outcome).toBe('reloaded');
    socket.destroy();
  });

  it('does not serve a certificate that nginx reads elsewhere', async () => {
    const { machine, first } = await start();
    const { instance, port } = machine;
    const other = certificate();
    const { outcome, diagnostics, evidence } = await testReloadObserve({
      ...{ instance, timeLimit: 4000 },
      expect: [machine.expecting(first), machine.expecting(other)],
    });
    expect(outcome).toBe('not-taken');
    expect(diagnostics).toEqual([
      expect.objectContaining({
        code: 'reload-certificate-not-served',
        message: expect.stringMatching(
          `^${host} at 127\\.0\\.0\\.1:${port} does not serve the certificate [0-9a-f]{16}…: it serves [0-9a-f]{16}…$`,
        ),
      }),
    ]);
    expect(evidence?.after.length).toBeGreaterThan(0);
  });
});
