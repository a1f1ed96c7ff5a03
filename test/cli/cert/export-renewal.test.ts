/** What a renewal by a real CA does to the exports that are kept current. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Pebble, startPebble } from '../../pebble.ts';
import { Workplace } from '../workplace.ts';

const timeout = 120_000;
const host = 'domino.example.com';
const place = new Workplace();
const inPlace = (...path: string[]) => join(place.folder, ...path);
let pebble: Pebble;
beforeAll(async () => {
  pebble = await startPebble();
}, timeout);
afterAll(() => pebble?.stop());

const cert = (...words: string[]) => place.keepgate(['cert', ...words, '--store', 'store'], { timeout });

/** Every content that a file has while something goes on. */
async function contentsDuring(path: string, act: () => Promise<unknown>): Promise<Set<string>> {
  const seen = new Set<string>();
  let ended = false;
  const look = () => seen.add(createHash('sha256').update(readFileSync(path)).digest('hex'));
  const watch = (async () => {
    while (!ended) {
      look();
      await turn();
    }
    look();
  })();
  await act().finally(() => {
    ended = true;
  });
  await watch;
  return seen;
}

it(
  'each is made anew in one step, and its hook runs before the deploy hook',
  async () => {
    chmodSync(place.folder, 0o755);
    mkdirSync(inPlace('data'));
    const log = inPlace('log');
    writeFileSync(log, '');
    const hook = place.write('reload', `#!/bin/sh\necho "export $KEEPGATE_EXPORT" >> '${log}'\n`, 0o755);
    const deploy = place.write('deploy', `#!/bin/sh\necho "deploy $KEEPGATE_NAME" >> '${log}'\n`, 0o755);
    const ca = ['--directory', pebble.directory, '--ca-file', pebble.caFile, '--agree-tos'];
    const alone = ['--http-port', String(pebble.httpPort), '--skip-preflight', '--no-reload'];
    const issued = await cert('issue', '--host', host, ...ca, ...alone, '--deploy-hook', deploy);
    expect(issued).toMatchObject({ exitCode: 0 });
    expect(readFileSync(log, 'utf8')).toBe(`deploy ${host}\n`);
    const [pfx, pem] = [inPlace('data/domino.pfx'), inPlace('data/domino.crt')];
    const keep = ['--no-password', '--keep-current'];
    await cert('export', host, '--as', 'pfx', '--out', pfx, ...keep, '--hook', hook);
    await cert('export', host, '--as', 'pem', '--out', pem, '--keep-current');

    const leaf = () => readFileSync(inPlace('store/live', host, 'cert.pem'), 'utf8');
    const before = leaf();
    writeFileSync(log, '');
    const seen = await contentsDuring(pfx, async () => {
      const run = await cert('renew', host, '--force', '--skip-preflight', '--no-reload');
      expect(run).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('error') });
    });
    expect(leaf()).not.toBe(before);
    expect(seen.size).toBe(2);
    expect(readFileSync(log, 'utf8')).toBe(`export ${pfx}\ndeploy ${host}\n`);
    const opened = async () => {
      const args = ['pkcs12', '-in', pfx, '-nodes', '-passin', 'env:PASS'];
      return (await execa('openssl', args, { env: { PASS: '' } })).stdout;
    };
    expect(await opened()).toContain(leaf().split('\n')[5]);
    expect(readFileSync(pem, 'utf8')).toBe(readFileSync(inPlace('store/live', host, 'fullchain.pem'), 'utf8'));
    expect(readFileSync(inPlace('data/domino.key'), 'utf8')).toBe(
      readFileSync(inPlace('store/live', host, 'privkey.pem'), 'utf8'),
    );
    expect(readdirSync(inPlace('data')).sort()).toEqual(['domino.crt', 'domino.key', 'domino.pfx']);
    expect(statSync(pfx).mode & 0o777).toBe(0o600);
  },
  timeout,
);
