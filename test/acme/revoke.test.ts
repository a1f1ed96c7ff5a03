/** `cert revoke`: by whom, what is remembered of it, and the renewal after it. */
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keepgateAt } from '../in-process.ts';
import { memory } from '../memory.ts';
import type { RequestKind } from '../small-ca/request-kinds.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

let ca: SmallCa;
let folder: string;
let clock = Date.parse('2027-01-01T00:00:00Z');
const now = () => new Date(clock);
beforeAll(async () => {
  ca = await startSmallCa({ now });
});
afterAll(() => ca?.stop());
beforeEach(async () => {
  folder = mkdtempSync(join(memory(), 'keepgate-revoke-'));
  const account = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos', '--webroot', 'webroot'];
  await done(['issue', '--host', 'api.example.com', '--name', 'api', '--reuse-key', ...account, ...quick]);
  return () => {
    ca.faults.clear();
    rmSync(folder, { recursive: true, force: true });
  };
});

const quick = ['--skip-preflight', '--no-reload'];

async function cert(words: readonly string[]) {
  const argv = ['cert', ...words, '--store', 'store', '--format', 'json'];
  const { exitCode, stdout, stderr } = await keepgateAt(argv, { now, cwd: folder });
  expect(stderr).toBe('');
  return { exitCode, document: JSON.parse(stdout) };
}

async function done(words: readonly string[]) {
  const { exitCode, document } = await cert(words);
  expect(exitCode, JSON.stringify(document)).toBe(0);
  return document;
}

const revoke = (...words: string[]) => cert(['revoke', 'api', '--reason', 'keyCompromise', ...words]);
const renew = async (...words: string[]) => (await done(['renew', ...quick, ...words])).certificates[0];
const own = (...path: string[]) => join(folder, 'store/certificates/api', ...path);
const publicKey = (version: number) =>
  createPublicKey(readFileSync(own(`versions/${version}/privkey.pem`), 'utf8')).export({ type: 'spki', format: 'pem' });
const issued = (version: number) =>
  ca.issued.find(
    ({ certificate }) => certificate.trim() === readFileSync(own(`versions/${version}/cert.pem`), 'utf8').trim(),
  );
const loseAccounts = () => rmSync(join(folder, 'store/accounts'), { recursive: true });
const requestsOf = async (work: () => Promise<unknown>): Promise<RequestKind[]> => {
  const before = ca.requests.length;
  await work();
  return ca.requests.slice(before).map(({ kind }) => kind);
};

describe('it is signed', () => {
  it("with the certificate's key, without any account", async () => {
    loseAccounts();
    const kinds = await requestsOf(async () =>
      expect(await revoke('--with-certificate-key')).toMatchObject({ exitCode: 0 }),
    );
    expect(new Set(kinds)).toEqual(new Set(['directory', 'newNonce', 'revoke']));
    expect(issued(1)?.revoked).toMatchObject({ by: 'certificate key' });
    expect(existsSync(join(folder, 'store/accounts'))).toBe(false);
  });

  it('with the account that there is, and no other is registered', async () => {
    loseAccounts();
    const kinds = await requestsOf(async () =>
      expect(await revoke()).toMatchObject({ exitCode: 1, document: { error: { code: 'acme-account-missing' } } }),
    );
    expect(kinds).toEqual([]);
    expect(issued(1)?.revoked).toBeUndefined();
  });

  it('with an account that the CA has closed: its key stays where it is', async () => {
    const [account = ''] = readdirSync(join(folder, 'store/accounts'));
    const files = () => readdirSync(join(folder, 'store/accounts', account));
    const before = files();
    ca.faults.always('account', { fault: 'problem', status: 401, type: 'unauthorized', detail: 'it is closed' });
    const { exitCode, document } = await revoke();
    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 1, code: 'acme-account-missing' });
    expect(document.error.help).toContain('--with-certificate-key');
    expect(files()).toEqual(before);
  });
});

describe('the next renewal', () => {
  it('has another key, whatever the settings say, and one after that keeps it', async () => {
    expect((await revoke()).exitCode).toBe(0);
    expect(await renew()).toMatchObject({ result: 'issued', version: 2 });
    expect(publicKey(2)).not.toBe(publicKey(1));
    expect(await renew('--force')).toMatchObject({ result: 'issued', version: 3 });
    expect(publicKey(3)).toBe(publicKey(2));
  });

  it('goes on with no order for the same key', async () => {
    ca.faults.next('finalize', { fault: 'problem', status: 403, type: 'caa', detail: 'not now' });
    expect((await cert(['renew', ...quick, '--force'])).exitCode).not.toBe(0);
    expect(existsSync(own('pending.json'))).toBe(true);
    expect((await revoke()).exitCode).toBe(0);
    expect(await renew('--force')).toMatchObject({ result: 'issued', version: 2 });
    expect(publicKey(2)).not.toBe(publicKey(1));
  });

  it('comes at once when it was revoked before, by whomever', async () => {
    expect((await revoke()).exitCode).toBe(0);
    rmSync(own('state.json'));
    expect(await renew()).toMatchObject({ result: 'kept' });
    expect(await revoke()).toMatchObject({ exitCode: 0, document: { revoked: true } });
    expect(await renew()).toMatchObject({ result: 'issued', version: 2 });
  });

  it('does not come for an older one', async () => {
    expect(await renew('--force')).toMatchObject({ result: 'issued', version: 2 });
    expect((await revoke()).exitCode).toBe(0);
    expect((await revoke('--number', '1')).exitCode).toBe(0);
    expect([issued(1)?.revoked, issued(2)?.revoked]).toMatchObject([{}, {}]);
    expect(await renew()).toMatchObject({ result: 'issued', version: 3 });
  });

  it('says nothing of what it replaces to an account that did not get it', async () => {
    loseAccounts();
    clock += 60_000;
    expect(await renew('--force', '--agree-tos')).toMatchObject({ result: 'issued', version: 2 });
    expect(issued(2)?.replaces).toBeUndefined();
    expect(await renew('--force')).toMatchObject({ result: 'issued', version: 3 });
    expect(issued(3)?.replaces).toBe(issued(2)?.serial);
  });
});
