/** The whole conversation with the real test CA, in both versions that Debian has. */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toKeepgateError } from '../../src/acme/error.ts';
import { AcmeProblem } from '../../src/acme/problem.ts';
import { openSession, type SessionOptions } from '../../src/acme/session.ts';
import type { RequestRecord } from '../../src/acme/transport.ts';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { type Pebble, startPebble } from '../pebble.ts';
import { ariIdentifier } from './ari-identifier.ts';
import { httpAnswers } from './http-answers.ts';
import { identifier, issueOne, settled } from './issue-one.ts';

const folder = throwawayFolder();
afterAll(() => folder.remove());
let made = 0;
const emptyFolder = () => {
  const path = join(folder.path, String(++made));
  mkdirSync(path);
  return path;
};
const file = (text: string) => {
  const path = join(emptyFolder(), 'file');
  writeFileSync(path, text);
  return path;
};

function open(pebble: Pebble, options: Partial<SessionOptions> = {}) {
  const directory = { name: 'test', url: pebble.directory, caFile: pebble.caFile };
  return openSession({ directory, accounts: emptyFolder(), agreeToTerms: true, ...options });
}

const refused = (work: Promise<unknown>): Promise<AcmeProblem> =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error) => (error instanceof AcmeProblem ? error : Promise.reject(error)),
  );

describe.each(['bookworm', 'forky'] as const)('pebble of %s', (suite) => {
  let pebble: Pebble;
  let http: Awaited<ReturnType<typeof httpAnswers>>;
  beforeAll(async () => {
    pebble = await startPebble({ suite, alternateRoots: 2, blocklist: ['blocked.example'] });
    http = await httpAnswers(pebble.httpPort);
  });
  afterAll(() => Promise.all([pebble.stop(), http.close()]));

  it('issues a certificate by http-01, with no more requests than are needed', async () => {
    const requests: RequestRecord[] = [];
    const session = await open(pebble, { onRequest: (request) => requests.push(request) });
    const { fullchain, alternates } = await issueOne(session, http.answers, {
      names: ['a.example.com', 'b.example.com'],
    });

    const certificate = new X509Certificate(fullchain);
    expect(certificate.subjectAltName).toBe('DNS:a.example.com, DNS:b.example.com');
    expect(fullchain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    for (const url of alternates) {
      const other = new X509Certificate((await session.certificate(url)).fullchain);
      expect(other.serialNumber).toBe(certificate.serialNumber);
    }
    expect(alternates).toHaveLength(2);
    expect(requests.filter(({ method }) => method === 'HEAD')).toHaveLength(1);
    expect(requests.filter(({ status }) => status >= 300)).toEqual([]);
    expect(Math.abs(session.dateSkew ?? Number.NaN)).toBeLessThan(10_000);
    session.close();
  });

  it('issues for wildcards by dns-01', async () => {
    const session = await open(pebble);
    const order = await session.createOrder({ identifiers: [identifier('*.example.com')] });
    const [url = ''] = order.authorizations;
    const authorization = await session.authorization(url);
    expect(authorization).toMatchObject({ wildcard: true, identifier: { type: 'dns', value: 'example.com' } });
    const challenge = authorization.challenges.find(({ type }) => type === 'dns-01');
    await pebble.setTxt('_acme-challenge.example.com', session.dnsValue(challenge?.token ?? ''));
    await session.complete(challenge?.url ?? '');
    expect(await settled(() => session.authorization(url), ['pending'])).toMatchObject({ status: 'valid' });
    expect(await settled(() => session.order(order.url), ['pending'])).toMatchObject({ status: 'ready' });
  });

  it('issues for an address', async () => {
    const { fullchain } = await issueOne(await open(pebble), http.answers, { names: ['127.0.0.1'] });
    expect(new X509Certificate(fullchain).subjectAltName).toBe('IP Address:127.0.0.1');
  });

  it('registers once, and uses that account from then on', async () => {
    const accounts = emptyFolder();
    const first = await open(pebble, { accounts, email: 'admin@example.com' });
    const again = await open(pebble, { accounts, agreeToTerms: false });
    expect(again.accountUrl).toBe(first.accountUrl);

    const [name = ''] = readdirSync(accounts);
    expect(name).toMatch(/^127\.0\.0\.1-[0-9a-f]{8}$/);
    expect(readdirSync(join(accounts, name)).sort()).toEqual(['account.json', 'key.pem']);
    expect(statSync(join(accounts, name)).mode & 0o777).toBe(0o700);
    expect(statSync(join(accounts, name, 'key.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(join(accounts, name, 'account.json')).mode & 0o777).toBe(0o600);
    const key = createPublicKey(readFileSync(join(accounts, name, 'key.pem')));
    expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('finds the account of a key whose address was lost', async () => {
    const accounts = emptyFolder();
    const { accountUrl } = await open(pebble, { accounts });
    const [name = ''] = readdirSync(accounts);
    writeFileSync(join(accounts, name, 'account.json'), '{"version": 1, "ur');
    expect((await open(pebble, { accounts })).accountUrl).toBe(accountUrl);
  });

  it('registers anew when the CA has forgotten the account, with the same key', async () => {
    const accounts = emptyFolder();
    const { accountUrl } = await open(pebble, { accounts });
    const [name = ''] = readdirSync(accounts);
    const path = join(accounts, name, 'account.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...record, url: `${accountUrl}0` }));
    expect((await open(pebble, { accounts })).accountUrl).toBe(accountUrl);
    expect(JSON.parse(readFileSync(path, 'utf8')).url).toBe(accountUrl);
  });

  it('registers anew when the account was closed, with another key, and keeps the old one', async () => {
    const accounts = emptyFolder();
    const first = await open(pebble, { accounts });
    await first.deactivateAuthorization(first.accountUrl); // the same request closes an account
    const second = await open(pebble, { accounts });
    expect(second.accountUrl).not.toBe(first.accountUrl);
    expect(second.accountThumbprint).not.toBe(first.accountThumbprint);
    const [name = ''] = readdirSync(accounts);
    expect(
      readdirSync(join(accounts, name)).filter((entry) => /^key-retired-\d{14}-\w+\.pem$/.test(entry)),
    ).toHaveLength(1);
  });

  it('asks for the terms, and registers nobody who does not agree', async () => {
    const accounts = emptyFolder();
    const asked: string[] = [];
    const agreeToTerms = async (terms: string) => asked.push(terms) > 1;
    await expect(open(pebble, { accounts, agreeToTerms })).rejects.toMatchObject({
      exitCode: 1,
      diagnostic: {
        code: 'terms-not-agreed',
        message: expect.stringContaining('data:text/plain,Do%20what%20thou%20wilt'),
      },
    });
    const session = await open(pebble, { accounts, agreeToTerms });
    expect(asked).toEqual([session.terms, session.terms]);
    await expect(open(pebble, { agreeToTerms: false })).rejects.toMatchObject({
      diagnostic: { code: 'terms-not-agreed' },
    });
  });

  it('binds the account to an external one', async () => {
    const hmac = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
    await using pebble = await startPebble({ suite, eab: { 'kid-1': hmac } });
    const eab = { kidFile: file('kid-1\n'), keyFile: file(`${hmac}\n`) };
    expect((await open(pebble, { eab })).accountUrl).toContain(new URL(pebble.directory).origin);

    await expect(open(pebble)).rejects.toMatchObject({
      exitCode: 1,
      diagnostic: { code: 'acme-external-account-required' },
    });
    const unknown = await refused(open(pebble, { eab: { ...eab, kidFile: file('kid-2') } }));
    expect(JSON.stringify(toKeepgateError(unknown, 'register').diagnostic)).not.toContain(hmac);
    const spoiled = open(pebble, { eab: { ...eab, keyFile: file(`key: ${hmac}`) } });
    await expect(spoiled).rejects.toMatchObject({ exitCode: 1, diagnostic: { code: 'acme-eab-file' } });
    await expect(spoiled).rejects.not.toThrow(hmac);
    await expect(open(pebble, { eab: { ...eab, keyFile: '/dev/zero' } })).rejects.toThrow('it is a device');
  });

  it('issues 20 of 20 when half of the nonces are refused', { timeout: 120_000 }, async () => {
    await using pebble = await startPebble({ suite, nonceReject: 50 });
    await using http = await httpAnswers(pebble.httpPort);
    const session = await open(pebble);
    const names = Array.from({ length: 20 }, (_, index) => `n${index}.example.com`);
    const left = [...names];
    const issued: (string | undefined)[] = [];
    const worker = async () => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        const { fullchain } = await issueOne(session, http.answers, { names: [name] });
        issued.push(new X509Certificate(fullchain).subjectAltName);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    expect(issued.sort()).toEqual(names.map((name) => `DNS:${name}`).sort());
  });

  it('says what the CA has against a name, and against an answer', async () => {
    const session = await open(pebble);
    const wanted = { identifiers: [identifier('blocked.example')] };
    const problem = await refused(session.createOrder(wanted));
    expect(problem).toMatchObject({ type: 'rejectedIdentifier', method: 'POST' });
    expect(toKeepgateError(problem, 'order a certificate')).toMatchObject({
      exitCode: 4,
      diagnostic: { code: 'acme-name-refused', message: expect.stringContaining('blocked.example') },
    });

    const order = await session.createOrder({ identifiers: [identifier('wrong.example.com')] });
    const [url = ''] = order.authorizations;
    const { challenges } = await session.authorization(url);
    const challenge = challenges.find(({ type }) => type === 'http-01');
    http.answers.set(challenge?.token ?? '', 'something else');
    await session.complete(challenge?.url ?? '');
    const invalid = await settled(() => session.authorization(url), ['pending']);
    const error = invalid.challenges.find(({ type }) => type === 'http-01')?.error;
    expect(invalid.status).toBe('invalid');
    expect(toKeepgateError(error, 'prove wrong.example.com')).toMatchObject({
      exitCode: 4,
      diagnostic: {
        code: 'acme-unauthorized',
        message: expect.stringContaining('could not prove wrong.example.com: '),
      },
    });
  });

  it('revokes with the key of the account', async () => {
    const session = await open(pebble);
    const one = await issueOne(session, http.answers, { names: ['one.example.com'] });
    const leaf = (chain: string) => new X509Certificate(chain).raw;
    await session.revoke(leaf(one.fullchain), 1);
    expect(await refused(session.revoke(leaf(one.fullchain), 1))).toMatchObject({ type: 'alreadyRevoked' });
  });

  it('gives an authorization back', async () => {
    const session = await open(pebble);
    const { authorizations } = await session.createOrder({ identifiers: [identifier('back.example.com')] });
    await session.deactivateAuthorization(authorizations[0] ?? '');
    expect((await session.authorization(authorizations[0] ?? '')).status).toBe('deactivated');
  });
});

describe('profiles', () => {
  const profiles = {
    long: { description: 'ninety days', validityPeriod: 90 * 86_400 },
    short: { description: 'six days', validityPeriod: 6 * 86_400 },
  };

  it('are listed, and decide what is issued', async () => {
    await using pebble = await startPebble({ profiles });
    await using http = await httpAnswers(pebble.httpPort);
    const session = await open(pebble);
    expect(session.profiles).toEqual({ long: 'ninety days', short: 'six days' });
    const { fullchain } = await issueOne(session, http.answers, { names: ['s.example.com'], profile: 'short' });
    const { validFrom, validTo } = new X509Certificate(fullchain);
    expect(Math.round((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000)).toBe(6);
    const wanted = { identifiers: [identifier('s.example.com')], profile: 'none' };
    const error = toKeepgateError(await refused(session.createOrder(wanted)), 'order');
    expect(error.diagnostic.code).toBe('acme-profile-refused');
  });

  it('are none at an older CA', async () => {
    await using pebble = await startPebble({ suite: 'bookworm' });
    expect((await open(pebble)).profiles).toEqual({});
  });
});

describe('renewal information', () => {
  it('is asked for, and a renewal says what it replaces', async () => {
    await using pebble = await startPebble();
    await using http = await httpAnswers(pebble.httpPort);
    const session = await open(pebble);
    const first = await issueOne(session, http.answers, { names: ['ari.example.com'] });
    const id = ariIdentifier(first.fullchain);
    const usual = await session.renewalInfo(id);
    expect(usual?.start.getTime()).toBeLessThan(usual?.end.getTime() ?? 0);
    expect(usual?.retryAfter).toBeGreaterThan(0);

    await pebble.setRenewalInfo(first.fullchain, {
      suggestedWindow: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' },
      explanationURL: 'https://ca.example/why',
    });
    expect(await session.renewalInfo(id)).toMatchObject({
      start: new Date('2026-01-01T00:00:00Z'),
      end: new Date('2026-01-02T00:00:00Z'),
      explanationUrl: 'https://ca.example/why',
    });

    await issueOne(session, http.answers, { names: ['ari.example.com'], replaces: id });
    const wanted = { identifiers: [identifier('ari.example.com')], replaces: id };
    expect(await refused(session.createOrder(wanted))).toMatchObject({ type: 'alreadyReplaced', status: 409 });
  });

  it('is none for a certificate that the CA does not know, and at an older CA', async () => {
    await using pebble = await startPebble();
    await using older = await startPebble({ suite: 'bookworm' });
    await using http = await httpAnswers(pebble.httpPort);
    const session = await open(pebble);
    const { fullchain } = await issueOne(session, http.answers, { names: ['known.example.com'] });
    const [issuer = ''] = ariIdentifier(fullchain).split('.');
    expect(await session.renewalInfo(`${issuer}.AIdlQyE`)).toBeUndefined();
    expect(await session.renewalInfo('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')).toBeUndefined();
    expect(await (await open(older)).renewalInfo('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')).toBeUndefined();
  });
});

it('two sessions at once trust one CA each', async () => {
  await using one = await startPebble();
  await using other = await startPebble({ suite: 'bookworm' });
  const sessions = await Promise.all([open(one), open(other), open(one), open(other)]);
  expect(sessions.map(({ accountUrl }) => new URL(accountUrl).origin)).toEqual(
    [one, other, one, other].map(({ directory }) => new URL(directory).origin),
  );
  const mixed = { name: 'mixed', url: one.directory, caFile: other.caFile };
  await expect(open(one, { directory: mixed })).rejects.toMatchObject({ kind: 'tls' });
  const orders = await Promise.all(sessions.map((s) => s.createOrder({ identifiers: [identifier('x.example.com')] })));
  expect(new Set(orders.map(({ url }) => url)).size).toBe(4);
});
