/** Orders that did not end as they should: what becomes of their keys, and what a CA's objections change. */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { keepgateAt } from '../in-process.ts';
import { memory } from '../memory.ts';
import { type Fault, rateLimited } from '../small-ca/faults.ts';
import { days } from '../small-ca/policy.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

let ca: SmallCa;
let folder: string;
let clock: number;
/** By how much the program's clock is ahead. */
let ahead: number;
beforeEach(async () => {
  clock = Date.parse('2027-01-01T00:00:00Z');
  ahead = 0;
  folder = mkdtempSync(join(memory(), 'keepgate-issue-'));
  ca = await startSmallCa({ now: () => new Date(clock) });
  return async () => {
    await ca.stop();
    rmSync(folder, { recursive: true, force: true });
  };
});

const common = ['--store', 'store', '--skip-preflight', '--no-reload', '--format', 'json'];

async function cert(...words: string[]) {
  const { exitCode, stdout } = await keepgateAt(['cert', ...words, ...common], {
    now: () => new Date(clock + ahead),
    cwd: folder,
  });
  return { exitCode, first: JSON.parse(stdout).certificates[0] };
}

const issue = (...words: string[]) => {
  const account = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos', '--webroot', 'webroot'];
  return cert('issue', '--host', 'api.example.com', '--name', 'api', ...account, ...words);
};
const own = (...path: string[]) => join(folder, 'store/certificates/api', ...path);
const asideKeys = () => readdirSync(own()).filter((name) => /^pending-.*\.key$/.test(name));
const isKeyOf = (file: string, certificate = '') =>
  createPublicKey(readFileSync(own(file), 'utf8')).equals(new X509Certificate(certificate).publicKey);

/** Leaves an order that the CA has issued for, without the certificate. */
async function withoutItsCertificate(): Promise<void> {
  ca.faults.next('certificate', { fault: 'reset' }, 10);
  expect((await issue()).exitCode).toBe(4);
  ca.faults.clear();
  clock += days(1);
  expect(ca.issued).toHaveLength(1);
}

describe('the key of an order that the CA may have issued for stays', () => {
  it('when something else is asked for', async () => {
    await withoutItsCertificate();
    expect((await issue('--key-type', 'ec-p384')).exitCode).toBe(0);
    expect(ca.issued).toHaveLength(2);
    const [key = '', ...others] = asideKeys();
    expect(others).toEqual([]);
    expect(isKeyOf(key, ca.issued[0]?.certificate)).toBe(true);
  });

  it.each([
    { status: 404, type: 'malformed' },
    { status: 403, type: 'unauthorized' },
  ])('when the CA shows the order no more: $type', async (problem) => {
    await withoutItsCertificate();
    ca.faults.next('order', { fault: 'problem', detail: 'no such order', ...problem });
    expect((await issue()).exitCode).toBe(0);
    expect(ca.issued).toHaveLength(2);
    expect(asideKeys().map((key) => isKeyOf(key, ca.issued[0]?.certificate))).toEqual([true]);
  });

  it('when the certificate is no good', async () => {
    ca.faults.next('certificate', { fault: 'certificate', flaw: 'lacks-name' });
    expect((await issue()).first.error.code).toBe('certificate-name-mismatch');
    clock += days(1);
    expect((await issue()).exitCode).toBe(0);
    expect(asideKeys().map((key) => isKeyOf(key, ca.issued[0]?.certificate))).toEqual([true]);
  });

  it('with the order, when it is our clock that is wrong', async () => {
    ahead = days(400);
    expect((await issue()).first.error.code).toBe('certificate-expired');
    ahead = 0;
    expect(await issue()).toMatchObject({ exitCode: 0, first: { result: 'issued', version: 1 } });
    expect(ca.issued).toHaveLength(1);
  });

  it('and the order goes when the certificate has really expired', async () => {
    await withoutItsCertificate();
    clock += days(100);
    expect((await issue()).first.error.code).toBe('certificate-expired');
    clock += days(1);
    expect(await issue()).toMatchObject({ exitCode: 0 });
    expect(ca.issued).toHaveLength(2);
    expect(asideKeys().map((key) => isKeyOf(key, ca.issued[0]?.certificate))).toEqual([true]);
  });
});

describe('an order that says what it replaces', () => {
  const newOrders = () => ca.requests.filter(({ kind }) => kind === 'newOrder').length;
  const ordersOfLedger = () => {
    const { directories } = JSON.parse(readFileSync(join(folder, 'store/ledger.json'), 'utf8'));
    const { orders, certificates } = directories[ca.directoryUrl];
    return { orders: orders.length, certificates: certificates.length };
  };
  const problem = (status: number, type: string): Fault => ({ fault: 'problem', status, type, detail: 'no' });

  /** Within the CA's window for the first certificate. */
  async function inTheWindow() {
    expect((await issue()).exitCode).toBe(0);
    ca.policy.ari = { start: new Date(clock + 60_000), end: new Date(clock + 120_000) };
    clock += days(10);
  }

  it('counts against no limit', async () => {
    await inTheWindow();
    expect((await cert('renew')).first).toMatchObject({ result: 'issued' });
    expect(ca.issued[1]?.replaces).toBeDefined();
    expect(ordersOfLedger()).toEqual({ orders: 0, certificates: 0 });
  });

  it.each([problem(409, 'alreadyReplaced'), problem(404, 'malformed')])(
    'is placed without it when the CA objects to that, and counts: %j',
    async (fault) => {
      await inTheWindow();
      ca.faults.next('newOrder', fault as never);
      expect((await cert('renew')).first).toMatchObject({ result: 'issued' });
      expect(ca.issued[1]?.replaces).toBeUndefined();
      expect(ordersOfLedger()).toEqual({ orders: 1, certificates: 1 });
    },
  );

  it.each([rateLimited(3600), problem(403, 'unauthorized'), problem(400, 'rejectedIdentifier'), problem(403, 'caa')])(
    'is not placed without it for another reason: %j',
    async (fault) => {
      await inTheWindow();
      const before = newOrders();
      ca.faults.next('newOrder', fault as never);
      expect((await cert('renew')).exitCode).not.toBe(0);
      expect(newOrders()).toBe(before + 1);
      expect(ca.issued).toHaveLength(1);
    },
  );
});
