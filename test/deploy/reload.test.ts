import { once } from 'node:events';

import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { testReloadObserve } from '../../src/deploy/reload.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { nginxOf, suites } from '../parts.ts';
import { certificate, host, type Machine, startMachine } from './running-nginx.ts';

let machine: Machine | undefined;
afterEach(async () => {
  await machine?.stop();
  machine = undefined;
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
    expect(evidence?.master).toBe(running.pid);
    expect(evidence?.after).toHaveLength(2);
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
    await expect.poll(() => machine.running.errorLog(), { timeout: 10_000 }).toContain('[emerg]');
    other.close();
    expect(await reloading).toMatchObject({ outcome: 'reloaded', evidence: { log: [{ level: 'emerg' }] } });
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

  it('does not serve a certificate that nginx reads elsewhere', async () => {
    const { machine, first } = await start();
    const { instance, port } = machine;
    const other = certificate();
    const { outcome, diagnostics, evidence } = await testReloadObserve({
      ...{ instance, timeLimit: 500 },
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
    expect(evidence?.after).toHaveLength(2);
  });
});
