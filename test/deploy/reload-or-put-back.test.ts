import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { reloadOrPutBack } from '../../src/deploy/reload-or-put-back.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { nginxOf, parts, suites } from '../parts.ts';
import { certificate, type Machine, startMachine } from './running-nginx.ts';

let machine: Machine | undefined;
let other: Server | undefined;
afterEach(async () => {
  other?.close();
  await machine?.stop();
  machine = undefined;
});

/** An nginx with a certificate, and a second one that is in place but not in memory. */
async function change(nginx: string, more = '') {
  const [first, second] = [certificate(), certificate()];
  machine = await startMachine(nginx, first, more);
  const { instance, install, http, expecting } = machine;
  install(second);
  const putBack = () => {
    install(first);
    http(more);
  };
  return {
    ...{ machine, first, second, http },
    options: { instance, putBack, expect: [expecting(second)], expectBefore: [expecting(first)] },
  };
}

describe.each(suites)('nginx of %s', (suite) => {
  it('keeps a change that it takes', async () => {
    const { options } = await change(nginxOf(suite));
    const never = () => {
      throw new Error('put back');
    };
    expect(await reloadOrPutBack({ ...options, putBack: never })).toMatchObject({ outcome: 'reloaded' });
  });

  it('serves the former certificate after a change that it refuses', async () => {
    const { options, http, first, machine } = await change(nginxOf(suite));
    http('nonsense on;');
    expect(await reloadOrPutBack(options)).toMatchObject({
      outcome: 'put-back',
      first: { outcome: 'test-failed' },
      second: { outcome: 'reloaded', evidence: { served: [{ served: plain(machine.expecting(first).fingerprint) }] } },
      diagnostics: [{ code: 'reload-test-failed' }, { code: 'change-put-back', severity: 'info' }],
    });
  });

  it('serves the former certificate after a change that only the reload finds out about', async () => {
    const zone = (key: string) => `limit_req_zone ${key} zone=a:1m rate=1r/s;`;
    const { options, http } = await change(nginxOf(suite), zone('$binary_remote_addr'));
    http(zone('$server_name'));
    expect(await reloadOrPutBack(options)).toMatchObject({
      outcome: 'put-back',
      first: { outcome: 'not-taken' },
      second: { outcome: 'reloaded' },
      diagnostics: [{ code: 'reload-not-taken' }, { code: 'change-put-back' }],
    });
  });

  it('gets its workers back after a change that no worker starts with', async () => {
    const { options, machine } = await change(nginxOf(suite));
    const configuration = join(machine.prefix, 'nginx.conf');
    const before = readFileSync(configuration, 'utf8');
    writeFileSync(configuration, `working_directory /no/such/folder;\n${before}`);
    const putBack = () => {
      options.putBack();
      writeFileSync(configuration, before);
    };
    expect(await reloadOrPutBack({ ...options, putBack })).toMatchObject({
      outcome: 'put-back',
      first: { outcome: 'not-taken', diagnostics: [{ message: expect.stringMatching(/chdir.*failed|fatal code/) }] },
      second: { outcome: 'reloaded' },
    });
  });
});

const nginx = parts.nginx.bookworm;

it('says that the former state is no good either', async () => {
  const { options, machine } = await change(nginx);
  const [taken = 0] = await freePorts(1);
  other = createServer().listen(taken, '127.0.0.1');
  await once(other, 'listening');
  const broken = () => machine.http(`server { listen 127.0.0.1:${taken}; }`);
  broken();
  expect(await reloadOrPutBack({ ...options, putBack: broken })).toMatchObject({
    outcome: 'stuck',
    diagnostics: [
      { code: 'reload-not-taken' },
      { code: 'reload-not-taken' },
      { code: 'put-back-not-taken', severity: 'error' },
    ],
  });
});

it('says that the change can not be undone, and why it has to be', async () => {
  const { options, http } = await change(nginx);
  http('nonsense on;');
  const putBack = () => Promise.reject(new Error('no space left'));
  await expect(reloadOrPutBack({ ...options, putBack })).rejects.toMatchObject({
    exitCode: 4,
    diagnostic: { code: 'put-back-failed', message: expect.stringMatching(/no space left.*nonsense/) },
  });
});

it('undoes the change when it is aborted, and then ends with the reason', async () => {
  const { options, first, machine } = await change(nginx);
  const controller = new AbortController();
  const unserved = machine.expecting(certificate());
  const reloading = reloadOrPutBack({ ...options, expect: [unserved], signal: controller.signal });
  const ended = expect(reloading).rejects.toThrow('enough');
  await expect.poll(() => machine.running.errorLog(), { timeout: 10_000 }).toContain('gracefully shutting down');
  controller.abort(new Error('enough'));
  await ended;
  const expected = machine.expecting(first);
  const after = await reloadOrPutBack({ ...options, expect: [expected] });
  expect(after).toMatchObject({ outcome: 'reloaded' });
});

const plain = (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase();
