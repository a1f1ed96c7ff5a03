/** Twenty renewals of a certificate, from the order to the reload, while clients ask without a pause. */
import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { connect } from 'node:tls';
import { afterAll, expect, it } from 'vitest';
import { openStore } from '../../src/certs/store.ts';
import { testReloadObserve } from '../../src/deploy/reload.ts';
import { certificateFiles } from '../../src/model/store-paths.ts';
import { instanceIn } from '../deploy/running-nginx.ts';
import { keepOneFresh } from '../keep-one-fresh.ts';
import { nginxOf } from '../parts.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';
import { gateFor, prefixOf } from './gate.ts';
import { startLoad } from './keepalive-load.ts';

const host = 'api.example.com';
let ca: SmallCa;
afterAll(() => ca?.stop());
const gate = gateFor(
  'forky',
  `
version: 1
sites:
  api:
    hosts: [${host}]
    upstream: http://127.0.0.1:8880
`,
);

const renewals = 20;
const requests = 20_000;

function servedSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, ca: ca.root }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

it('serves each new certificate and loses no request', { timeout: 900_000 }, async () => {
  const prefix = prefixOf(gate());
  // The CA looks for its challenges through this nginx, under load.
  ca = await startSmallCa({ now: () => new Date(), validate: { httpPort: gate().port(80) } });
  const store = openStore(join(prefix, 'store'));
  const nginx = instanceIn(nginxOf('forky'), prefix);
  const renew = (options: { nginx?: 'none' } = {}) =>
    keepOneFresh({ ...{ ca, store, host, webroot: gate().challengeRoot, nginx, force: true }, ...options });
  expect(await renew({ nginx: 'none' })).toMatchObject({ outcomes: [{ result: 'issued' }] });
  const stored = certificateFiles(store.root, 'api');
  for (const [file, target] of [
    ['api.pem', stored.certificate],
    ['api.key', stored.key],
  ] as const) {
    rmSync(join(prefix, 'certificates', file));
    symlinkSync(target, join(prefix, 'certificates', file));
  }
  expect(await testReloadObserve({ instance: nginx })).toMatchObject({ outcome: 'reloaded', diagnostics: [] });

  // The stub would spend more time on its records than nginx on all else.
  const { port: backendPort, close } = gate().backend('127.0.0.1:8880');
  await close();
  const backend = createServer({ keepAliveTimeout: 75_000 }, (_, response) => response.end('{}'));
  await once(backend.listen(backendPort, '127.0.0.1'), 'listening');
  const port = gate().port(443);
  const serials = [await servedSerial(port)];
  const load = startLoad({ port, servername: host, ca: ca.root, busy: 12, pausing: 20 });
  for (let number = 1; number <= renewals; number++) {
    await load.until((number * requests) / (renewals + 1));
    const { outcomes, activation } = await renew();
    expect(outcomes).toMatchObject([{ result: 'issued', diagnostics: [] }]);
    expect(activation).toMatchObject({ outcome: 'reloaded', diagnostics: [] });
    expect(activation?.observed).toBeGreaterThan(0);
    const served = await servedSerial(port);
    expect(served).toBe(ca.issued.at(-1)?.serial);
    serials.push(served);
  }
  await load.until(requests);
  await load.stop();
  backend.close();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThanOrEqual(requests);
  expect(new Set(serials).size).toBe(renewals + 1);
  expect(ca.issued).toHaveLength(renewals + 1);
  const seen = `${load.answered} requests on ${load.connections} connections, ${load.failures.length} failed`;
  process.stdout.write(`${renewals} renewals, each seen to be served: ${seen}\n`);
});
