import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import acme from 'acme-client';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { days } from './policy.ts';
import { type SmallCa, startSmallCa } from './start.ts';

let ca: SmallCa;
let folder: string;
const now = new Date('2027-03-01T12:00:00Z');

beforeAll(async () => {
  ca = await startSmallCa({ now: () => now, lifetime: days(45) });
  folder = mkdtempSync(join(tmpdir(), 'keepgate-'));
  acme.axios.defaults.httpsAgent = new Agent({ ca: readFileSync(ca.caFile) });
});

afterAll(async () => {
  await ca.stop();
  rmSync(folder, { recursive: true });
});

/** `openssl verify` of a leaf-first chain against a root, on the CA's day. */
async function verify(chain: string, root: string): Promise<string> {
  const [leaf = '', ...others] = acme.crypto.splitPemChain(chain);
  writeFileSync(join(folder, 'leaf.pem'), leaf);
  writeFileSync(join(folder, 'others.pem'), others.join('\n'));
  writeFileSync(join(folder, 'root.pem'), root);
  const time = String(now.getTime() / 1000);
  const options = [
    '-x509_strict',
    '-purpose',
    'sslserver',
    '-attime',
    time,
    '-CAfile',
    'root.pem',
    '-untrusted',
    'others.pem',
  ];
  const { all } = await execa('openssl', ['verify', ...options, 'leaf.pem'], { cwd: folder, reject: false, all: true });
  return all;
}

describe('a whole issuance by acme-client', () => {
  it.each([
    { key: 'ec-p256', make: () => acme.crypto.createPrivateEcdsaKey('P-256') },
    { key: 'ec-p384', make: () => acme.crypto.createPrivateEcdsaKey('P-384') },
    { key: 'rsa-2048', make: () => acme.crypto.createPrivateRsaKey(2048) },
  ])('with a key of $key: openssl verifies both chains', async ({ make }) => {
    const names = ['a.example.com', '*.b.example.com', '192.0.2.7', '2001:db8::7'];
    const client = new acme.Client({ directoryUrl: ca.directoryUrl, accountKey: await make() });
    await client.createAccount({ termsOfServiceAgreed: true, contact: ['mailto:it@example.com'] });
    const order = await client.createOrder({
      identifiers: names.map((value) => ({ type: /^\d|:/.test(value) ? 'ip' : 'dns', value })),
    });
    for (const authorization of await client.getAuthorizations(order)) {
      const [challenge] = authorization.challenges;
      if (challenge) await client.completeChallenge(challenge);
    }
    const [key, csr] = await acme.crypto.createCsr({ altNames: names }, await make());
    const finalized = await client.finalizeOrder(order, csr);
    const chain = await client.getCertificate(finalized);
    expect(await verify(chain, ca.root)).toBe('leaf.pem: OK');
    const other = await client.getCertificate(finalized, 'small CA root 2');
    expect(await verify(other, ca.alternateRoot)).toBe('leaf.pem: OK');
    expect(await verify(other, ca.root)).toContain('error');

    const leaf = new X509Certificate(chain);
    expect(leaf.subjectAltName?.split(', ').sort()).toEqual([
      'DNS:*.b.example.com',
      'DNS:a.example.com',
      'IP Address:192.0.2.7',
      'IP Address:2001:DB8:0:0:0:0:0:7',
    ]);
    expect(acme.crypto.readCsrDomains(csr).altNames).toHaveLength(4);
    expect(leaf.publicKey.equals(new X509Certificate(other).publicKey)).toBe(true);
    expect(key.toString()).toContain('PRIVATE KEY');
    expect(ca.issued.at(-1)).toMatchObject({
      serial: leaf.serialNumber,
      notBefore: new Date('2027-03-01T11:00:00Z'),
      notAfter: new Date('2027-04-15T10:59:59Z'),
      at: now,
    });
  });
});
