import { X509Certificate } from 'node:crypto';
import { execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { days, usualProfiles } from './policy.ts';
import { type SmallCa, startSmallCa } from './start.ts';
import { newCsr, type TinyClient, tinyClient } from './tiny-client.ts';

let ca: SmallCa;
let client: TinyClient;
let now: Date;

beforeEach(async () => {
  now = new Date('2027-03-01T12:00:00Z');
  ca = await startSmallCa({ now: () => now, lifetime: days(90), explanationUrl: 'https://ca.example/why' });
  client = tinyClient(ca);
  await client.register();
});

afterEach(async () => {
  client.close();
  await ca.stop();
});

/** From what openssl reads in the certificate. */
function certificateId(pem: string): string {
  const options = ['x509', '-noout', '-ext', 'authorityKeyIdentifier'];
  const { stdout } = execaSync('openssl', options, { input: pem });
  const key = Buffer.from(stdout.match(/[0-9A-F]{2}(?::[0-9A-F]{2})+/)?.[0].replaceAll(':', '') ?? '', 'hex');
  const serial = Buffer.from(new X509Certificate(pem).serialNumber, 'hex');
  return `${key.toString('base64url')}.${serial.toString('base64url')}`;
}

const window = async (id: string) =>
  (await client.send('GET', `${client.base}/renewal-info/${id}`)).json.suggestedWindow;
const newOrder = (value: string, more: object) =>
  client.post(`${client.base}/new-order`, { identifiers: [{ type: 'dns', value }], ...more });

describe('renewalInfo', () => {
  it.each([
    { lifetime: 90, start: '2027-04-28T15:48:00.000Z', end: '2027-05-02T06:12:00.000Z' },
    { lifetime: 6, start: '2027-03-04T08:07:12.000Z', end: '2027-03-04T13:52:48.000Z' },
  ])('is around two thirds of $lifetime days, or half of less than ten', async ({ lifetime, start, end }) => {
    ca.policy.lifetime = days(lifetime);
    const { pem } = await client.issue(['a.example.com']);
    const reply = await client.send('GET', `${client.base}/renewal-info/${certificateId(pem)}`);
    expect(reply.json).toEqual({ suggestedWindow: { start, end }, explanationURL: 'https://ca.example/why' });
    expect(reply.headers['retry-after']).toBe('21600');
  });

  it('is past for a revoked certificate, and 404 for an unknown one', async () => {
    const { pem } = await client.issue(['a.example.com']);
    const certificate = new X509Certificate(pem).raw.toString('base64url');
    await client.post(`${client.base}/revoke`, { certificate });
    expect(await window(certificateId(pem))).toEqual({
      start: '2027-02-27T12:00:00.000Z',
      end: '2027-02-28T12:00:00.000Z',
    });
    expect((await client.send('GET', `${client.base}/renewal-info/AAAA.AAAA`)).status).toBe(404);
  });

  it.each([
    { flaw: 'no-dates', answer: {} },
    { flaw: 'not-dates', answer: { start: 'soon', end: 17 } },
    { flaw: 'end-before-start', answer: { start: '2027-05-02T06:12:00.000Z', end: '2027-04-28T15:48:00.000Z' } },
    { flaw: 'years-away', answer: { start: '2032-04-26T15:48:00.000Z', end: '2032-04-30T06:12:00.000Z' } },
    { flaw: 'years-ago', answer: { start: '2022-04-29T15:48:00.000Z', end: '2022-05-03T06:12:00.000Z' } },
  ] as const)('is malformed on purpose: $flaw', async ({ flaw, answer }) => {
    const id = certificateId((await client.issue(['a.example.com'])).pem);
    ca.faults.next('renewalInfo', { fault: 'renewal-info', flaw });
    expect(await window(id)).toEqual(answer);
    expect(await window(id)).toMatchObject({ start: '2027-04-28T15:48:00.000Z' });
  });

  it('is not there when the CA has none, and replaces is not known then', async () => {
    ca.policy.ari = 'none';
    expect((await client.send('GET', ca.directoryUrl)).json).not.toHaveProperty('renewalInfo');
    expect((await newOrder('a.example.com', { replaces: 'AAAA.AAAA' })).json).not.toHaveProperty('replaces');
  });
});

describe('replaces', () => {
  it('is remembered once the successor is issued, and then refused', async () => {
    const replaces = certificateId((await client.issue(['a.example.com'])).pem);
    const order = await newOrder('a.example.com', { replaces });
    expect(order.json).toMatchObject({ replaces });
    await client.issue(['a.example.com'], { replaces });
    const [first, second] = ca.issued;
    expect(second?.replaces).toBe(first?.serial);
    expect(first?.replacedBy).toBe(second?.serial);
    const again = await newOrder('a.example.com', { replaces });
    expect(again.status).toBe(409);
    expect(again.json.type).toBe('urn:ietf:params:acme:error:alreadyReplaced');
  });

  it('must be a certificate of this account that shares a name', async () => {
    const replaces = certificateId((await client.issue(['a.example.com'])).pem);
    expect((await newOrder('b.example.com', { replaces })).status).toBe(400);
    expect((await newOrder('a.example.com', { replaces: 'AAAA.AAAA' })).status).toBe(404);
    client.close();
    client = tinyClient(ca);
    await client.register();
    expect((await newOrder('a.example.com', { replaces })).status).toBe(403);
  });
});

describe('profiles', () => {
  beforeEach(() => {
    ca.policy.profiles = usualProfiles;
  });

  it('are in the directory, set the lifetime and the subject; the first is the default', async () => {
    expect((await client.send('GET', ca.directoryUrl)).json.meta).toMatchObject({
      profiles: { classic: 'the one of old', shortlived: 'six days' },
    });
    await client.issue(['a.example.com']);
    await client.issue(['a.example.com'], { profile: 'shortlived' });
    const found = ca.issued.map(({ certificate, profile, notBefore, notAfter }) => {
      const hours = (notAfter.getTime() + 1000 - notBefore.getTime()) / 3_600_000;
      return { profile, hours, subject: new X509Certificate(certificate).subject };
    });
    expect(found).toEqual([
      { profile: 'classic', hours: 90 * 24, subject: 'O=keepgate tests\nCN=a.example.com' },
      { profile: 'shortlived', hours: 160, subject: undefined },
    ]);
  });

  it('refuse what they are not for', async () => {
    const many = Array.from({ length: 26 }, (_, index) => ({ type: 'dns', value: `n${index}.example.com` }));
    const address = [{ type: 'ip', value: '192.0.2.1' }];
    const ask = async (fields: object) => (await client.post(`${client.base}/new-order`, fields)).json.type;
    expect(await ask({ identifiers: address, profile: 'nonesuch' })).toContain('invalidProfile');
    expect(await ask({ identifiers: address, profile: 'classic' })).toContain('rejectedIdentifier');
    expect(await ask({ identifiers: many, profile: 'tlsserver' })).toContain('malformed');
    expect(await ask({ identifiers: address, profile: 'shortlived' })).toBeUndefined();
  });
});

it('issues through two years of six-day certificates', { timeout: 120_000 }, async () => {
  ca.policy.lifetime = days(6);
  const end = now.getTime() + days(730);
  const csr = await newCsr(['a.example.com']);
  let [issuer, replaces] = ['', ''];
  for (; now.getTime() < end; now = new Date(now.getTime() + days(3))) {
    const { pem } = await client.issue(['a.example.com'], replaces ? { replaces } : {}, csr);
    issuer ||= certificateId(pem).split('.')[0] ?? '';
    replaces = `${issuer}.${Buffer.from(new X509Certificate(pem).serialNumber, 'hex').toString('base64url')}`;
  }
  expect(ca.issued).toHaveLength(244);
  expect(ca.issued.slice(1).every((one, index) => one.replaces === ca.issued[index]?.serial)).toBe(true);
});
