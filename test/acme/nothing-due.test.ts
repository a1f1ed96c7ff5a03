/** What a CA is asked when no certificate is due. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepgateAt } from '../in-process.ts';
import { memory } from '../memory.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

const day = 86_400_000;
let clock = Date.parse('2027-01-01T00:00:00Z');
let ca: SmallCa;
const folder = mkdtempSync(join(memory(), 'keepgate-not-due-'));
const now = () => new Date(clock);
const keepgate = (...words: string[]) =>
  keepgateAt(['cert', ...words, '--store', 'store', '--skip-preflight', '--no-reload'], { now, cwd: folder });

beforeAll(async () => {
  ca = await startSmallCa({ now });
  const at = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--webroot', 'webroot', '--agree-tos'];
  expect(await keepgate('issue', '--host', 'api.example.com', ...at)).toMatchObject({ exitCode: 0 });
});
afterAll(async () => {
  await ca?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const askedBy = async (): Promise<string[]> => {
  const before = ca.requests.length;
  expect(await keepgate('renew')).toMatchObject({ exitCode: 0 });
  return ca.requests.slice(before).map(({ kind }) => kind);
};

it('is when to renew, and nothing about the account', async () => {
  clock += day;
  expect(await askedBy()).toEqual(['directory', 'renewalInfo']);
});

it('is nothing before the CA wants to be asked again', async () => {
  expect(await askedBy()).toEqual([]);
});

it('is the directory alone where the CA has no such information, and no account is made for it', async () => {
  clock += day;
  ca.policy.ari = 'none';
  rmSync(join(folder, 'store/accounts'), { recursive: true });
  expect(await askedBy()).toEqual(['directory']);
});
