/** Twenty renewals of a certificate while clients ask without a pause: as the store does it, by one link. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { testReloadObserve } from '../../src/deploy/reload.ts';
import { certificateFiles } from '../../src/model/store-paths.ts';
import { chain, issue } from '../ca.ts';
import { instanceIn } from '../deploy/running-nginx.ts';
import { nginxOf } from '../parts.ts';
import { gateFor, prefixOf } from './gate.ts';
import { startLoad } from './keepalive-load.ts';

const host = 'api.example.com';
const { root, intermediate } = chain([]);
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

const switches = 20;
const requests = 20_000;

/** Adds a version to the store and gives its certificate. */
function addVersion(store: string, number: number): X509Certificate {
  const { certificate, key } = issue({ commonName: host, names: [host], issuer: intermediate });
  const folder = join(store, `certificates/api/versions/${number}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'fullchain.pem'), certificate + intermediate.certificate, { mode: 0o600 });
  writeFileSync(join(folder, 'privkey.pem'), key, { mode: 0o600 });
  return new X509Certificate(certificate);
}

function switchTo(store: string, number: number): void {
  symlinkSync(`../certificates/api/versions/${number}`, join(store, 'live/.api'));
  renameSync(join(store, 'live/.api'), join(store, 'live/api'));
}

function servedSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, ca: root.certificate }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

it('serves each new certificate and loses no request', { timeout: 180_000 }, async () => {
  const prefix = prefixOf(gate());
  const store = join(prefix, 'store');
  mkdirSync(join(store, 'live'), { recursive: true });
  addVersion(store, 1);
  switchTo(store, 1);
  const stored = certificateFiles(store, 'api');
  for (const [file, target] of [
    ['api.pem', stored.certificate],
    ['api.key', stored.key],
  ] as const) {
    rmSync(join(prefix, 'certificates', file));
    symlinkSync(target, join(prefix, 'certificates', file));
  }
  const instance = instanceIn(nginxOf('forky'), prefix);
  expect(await testReloadObserve({ instance })).toMatchObject({ outcome: 'reloaded', diagnostics: [] });

  // The stub would spend more time on its records than nginx on all else.
  const { port: backendPort, close } = gate().backend('127.0.0.1:8880');
  await close();
  const backend = createServer({ keepAliveTimeout: 75_000 }, (_, response) => response.end('{}'));
  await once(backend.listen(backendPort, '127.0.0.1'), 'listening');
  const port = gate().port(443);
  const serials = [await servedSerial(port)];
  const load = startLoad({ port, servername: host, ca: root.certificate, busy: 12, pausing: 20 });
  const milliseconds: number[] = [];
  for (let number = 2; number <= switches + 1; number++) {
    await load.until(((number - 1) * requests) / (switches + 1));
    const { fingerprint256: fingerprint, serialNumber } = addVersion(store, number);
    switchTo(store, number);
    const expected = [{ host, address: '127.0.0.1', port, fingerprint }];
    const { outcome, diagnostics, evidence } = await testReloadObserve({ instance, expect: expected });
    expect({ outcome, diagnostics }).toEqual({ outcome: 'reloaded', diagnostics: [] });
    const served = await servedSerial(port);
    expect(served).toBe(serialNumber);
    serials.push(served);
    milliseconds.push(evidence?.milliseconds ?? 0);
  }
  await load.until(requests);
  await load.stop();
  backend.close();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThanOrEqual(requests);
  expect(new Set(serials).size).toBe(switches + 1);
  const seen = `${load.answered} requests on ${load.connections} connections, ${load.failures.length} failed`;
  const taken = milliseconds.sort((a, b) => a - b)[switches / 2];
  process.stdout.write(`${switches} renewals: ${seen}; the new certificate served after ${taken} ms (median)\n`);
});
