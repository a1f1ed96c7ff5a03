/** Where private keys go during an issuance and a renewal: into files of the store that their owner alone can read. */
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workplace } from '../cli/workplace.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';
import { readTrace, tracing, whyNoTrace } from '../traced.ts';

const program = resolve(import.meta.dirname, '../../dist/bin.js');
const place = new Workplace();
const store = join(place.folder, 'store');
let ca: SmallCa;
beforeAll(async () => {
  ca = await startSmallCa({ now: () => new Date() });
});
afterAll(() => ca?.stop());

const reason = await whyNoTrace();
if (reason !== undefined)
  console.warn(`WARNING: no process can be traced here, so the way of keys is NOT tested: ${reason}`);

it.skipIf(reason !== undefined).each(['ec-p256', 'rsa-2048'])(
  'keys of type %s are written to files of mode 0600 alone',
  { timeout: 120_000 },
  async (keyType) => {
    const name = `${keyType}.example.com`;
    const hook = place.write('hooks/deploy', '#!/bin/sh\necho deployed\n', 0o755);
    const common = ['--store', store, '--skip-preflight', '--no-reload'];
    const account = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos', '--webroot', 'webroot'];
    const issue = [
      'cert',
      'issue',
      '--host',
      name,
      '--key-type',
      keyType,
      '--deploy-hook',
      hook,
      ...account,
      ...common,
    ];
    const runs = [issue, ['cert', 'renew', name, '--force', '--format', 'json', ...common]];
    const folder = join(place.folder, `trace-${keyType}`);
    for (const args of runs) {
      const [strace = '', ...options] = tracing(folder);
      const env = { UV_USE_IO_URING: '0' };
      const run = await execa(strace, [...options, process.execPath, program, ...args], {
        cwd: place.folder,
        env,
        stdin: 'ignore',
        reject: false,
      });
      expect(run).toMatchObject({ exitCode: 0 });
    }
    const written = readTrace(folder);
    expect(written.filter(({ call }) => call.startsWith('exec')).map(({ bytes }) => bytes.includes(hook))).toContain(
      true,
    );

    const versions = join(store, 'certificates', name, 'versions');
    const keys = [
      ...readdirSync(join(store, 'accounts')).map((entry) => join(store, 'accounts', entry, 'key.pem')),
      ...readdirSync(versions).map((entry) => join(versions, entry, 'privkey.pem')),
    ];
    expect(keys).toHaveLength(3);
    for (const path of keys) {
      const markers = markersOf(readFileSync(path, 'utf8'));
      const holding = written.filter(({ bytes }) => markers.some((marker) => bytes.includes(marker)));
      // The account's key was made by the first of all runs.
      if (!path.includes('accounts') || keyType === 'ec-p256') expect(holding.length, path).toBeGreaterThan(0);
      const elsewhere = holding.filter(({ target, mode }) => !target.startsWith(`${store}/`) || mode !== '0600');
      expect(elsewhere.map(({ call, target, mode }) => `${path}: ${call} to ${target || '…'} (${mode})`)).toEqual([]);
    }
  },
);

/** Parts of what only the owner of a key knows, as bytes, as hexadecimal and as base64 wherever a line may begin. */
function markersOf(pem: string): Buffer[] {
  const jwk = createPrivateKey(pem).export({ format: 'jwk' });
  const secrets = (['d', 'p', 'q', 'dp', 'dq', 'qi'] as const).flatMap((member) => jwk[member] ?? []);
  return secrets.flatMap((secret) => {
    const bytes = Buffer.from(secret, 'base64url');
    const windows = Array.from({ length: bytes.length - 8 }, (_, at) => bytes.subarray(at, at + 9));
    return windows.flatMap((window) => [
      window,
      ...[window.toString('hex'), window.toString('base64'), window.toString('base64url')].map((text) =>
        Buffer.from(text),
      ),
    ]);
  });
}
