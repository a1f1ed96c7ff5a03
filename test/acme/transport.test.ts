/** What a CA, or something in its place, can do wrong. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toKeepgateError } from '../../src/acme/error.ts';
import { type AcmeSession, openSession, type SessionOptions } from '../../src/acme/session.ts';
import { timestamp } from '../../src/certs/time-in-words.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { chain } from '../ca.ts';
import { type Handler, json, problem, rawCa } from './raw-ca.ts';

const identifiers = [{ type: 'dns', value: 'a.example.com' }] as const;
const orderOf = (origin: string) => ({
  status: 'pending',
  identifiers,
  authorizations: [`${origin}/authz/1`],
  finalize: `${origin}/finalize/1`,
});

type Ca = Awaited<ReturnType<typeof rawCa>>;

function open(ca: Pick<Ca, 'url' | 'caFile' | 'folder'>, options: Partial<SessionOptions> = {}): Promise<AcmeSession> {
  const directory = { name: 'test', url: ca.url, caFile: ca.caFile };
  return openSession({ directory, accounts: join(ca.folder, 'accounts'), agreeToTerms: true, ...options });
}

/** Answers the requests for a path, as often as there are answers. */
function at(path: string, ...answers: Handler[]): Handler {
  return (request) => {
    if (request.path !== path) return undefined;
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request);
    return true;
  };
}

const toDirectory = (answer: Handler) => rawCa(at('/directory', answer));
const counted = (ca: Ca, path: string) => ca.requests.filter((request) => request.path === path).length;

/** What the program says in the end. */
async function reported(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason) => toKeepgateError(reason, 'ask the CA'),
  );
  const { code, message, retryAt } = error?.diagnostic ?? {};
  return { exitCode: error?.exitCode, code, message, ...(retryAt && { retryAt }) };
}

describe('no usable answer', () => {
  it('a hang ends after the time limit', async () => {
    await using ca = await toDirectory(() => undefined);
    expect(await reported(open(ca, { timeLimit: 3000 }))).toMatchObject({
      exitCode: 4,
      code: 'acme-ca-timeout',
      message: expect.stringMatching(/^could not ask the CA: 127\.0\.0\.1:\d+: no answer within 3 s$/),
    });
    expect(ca.requests).toHaveLength(1);
  });

  it('a hang in the middle of the body does as well', async () => {
    await using ca = await toDirectory(({ response }) => response.writeHead(200).write('{"newNonce":'));
    expect(await reported(open(ca, { timeLimit: 300 }))).toMatchObject({ exitCode: 4, code: 'acme-ca-timeout' });
  });

  it('a body that is cut off is not used', async () => {
    await using ca = await toDirectory(({ response }) => {
      response.writeHead(200, { 'Content-Length': '5000' }).write(JSON.stringify({ newNonce: 'https://x' }));
      setImmediate(() => response.destroy());
    });
    expect(await reported(open(ca))).toMatchObject({ exitCode: 4, code: 'acme-ca-hung-up' });
    expect(ca.requests).toHaveLength(1);
  });

  it('more than 1 MB is not read', async () => {
    let written = 0;
    await using ca = await toDirectory(({ response }) => {
      const more = (): void => {
        while (response.write(' '.repeat(100_000)) && !response.destroyed) written += 100_000;
        response.once('drain', more);
      };
      more();
    });
    expect(await reported(open(ca))).toMatchObject({ exitCode: 4, code: 'acme-answer-too-large' });
    expect(written).toBeLessThan(20_000_000);
  });

  it('a web page is not a CA', async () => {
    await using ca = await toDirectory(({ response }) => response.writeHead(200).end('<!doctype html><title>Log in'));
    expect(await reported(open(ca))).toMatchObject({
      exitCode: 4,
      code: 'acme-answer-not-understood',
      message: expect.stringContaining('it begins with "<!doctype html><title>Log in"'),
    });
  });

  it('a redirect is not followed', async () => {
    await using ca = await toDirectory(({ response }) => response.writeHead(301, { Location: '/elsewhere' }).end());
    expect(await reported(open(ca))).toMatchObject({
      exitCode: 4,
      message: expect.stringContaining('HTTP status 301'),
    });
    expect(counted(ca, '/elsewhere')).toBe(0);
  });

  it.each([
    ['a list', []],
    ['half of a directory', { newNonce: 'https://127.0.0.1/', newAccount: 'https://127.0.0.1/' }],
    ['numbers for URLs', { newNonce: 1, newAccount: 1, newOrder: 1, revokeCert: 1 }],
  ])('%s is not a directory', async (_, body) => {
    await using ca = await toDirectory(({ response }) => json(response, 200, body));
    expect(await reported(open(ca))).toMatchObject({ exitCode: 4, code: 'acme-answer-not-understood' });
  });

  it('nobody is there', async () => {
    const [port] = await freePorts(1);
    await using ca = await rawCa();
    const url = `https://127.0.0.1:${port}/directory`;
    expect(await reported(open({ ...ca, url }))).toMatchObject({ exitCode: 4, code: 'acme-ca-not-reached' });
  });
});

describe('trust', () => {
  it('a URL without TLS in the directory is refused, and never asked', async () => {
    await using ca = await rawCa();
    ca.directory.newAccount = String(ca.directory.newAccount).replace('https', 'http');
    expect(await reported(open(ca))).toMatchObject({ exitCode: 4, code: 'acme-insecure-url' });
    expect(counted(ca, '/new-account')).toBe(0);
  });

  it('a URL without TLS in an order as well', async () => {
    await using ca = await rawCa(
      at('/new-order', ({ response }) =>
        json(response, 201, { ...orderOf(ca.origin), finalize: 'http://127.0.0.1/' }, { Location: '/order/1' }),
      ),
    );
    const session = await open(ca);
    expect(await reported(session.createOrder({ identifiers }))).toMatchObject({ code: 'acme-insecure-url' });
    expect(await reported(session.order('http://127.0.0.1/'))).toMatchObject({ code: 'acme-insecure-url' });
  });

  it('the certificate of another CA is refused', async () => {
    await using ca = await rawCa();
    const caFile = join(ca.folder, 'other.pem');
    writeFileSync(caFile, chain(['other']).root.certificate);
    expect(await reported(open({ ...ca, caFile }))).toMatchObject({ exitCode: 4, code: 'acme-ca-not-trusted' });
    expect(ca.requests).toEqual([]);
  });

  it('a private CA is not trusted without its file, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    await using ca = await rawCa();
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const opened = open(ca, { directory: { name: 'test', url: ca.url } });
      expect(await reported(opened)).toMatchObject({ exitCode: 4, code: 'acme-ca-not-trusted' });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  it.each([
    ['missing', undefined],
    ['without a certificate', 'nothing'],
  ])('a file of CA certificates that is %s is said before anything is asked', async (_, contents) => {
    await using ca = await rawCa();
    const caFile = join(ca.folder, 'own.pem');
    if (contents !== undefined) writeFileSync(caFile, contents);
    expect(await reported(open({ ...ca, caFile }))).toMatchObject({ exitCode: 1, code: 'acme-ca-file' });
  });
});

describe('a busy CA', () => {
  const now = () => new Date('2027-03-01T12:00:00Z');
  const busy =
    (status: number, headers: Record<string, string>): Handler =>
    ({ response }) =>
      json(response, status, problem('rateLimited', 'too many orders'), headers);

  it.each([
    ['seconds', { 'Retry-After': '0' }],
    ['a date by its own clock', { Date: inAnHour(), 'Retry-After': inAnHour() }],
  ])('is given the time it asks for: %s', async (_, headers) => {
    const account: Handler = ({ response }) =>
      json(response, 201, {}, { Location: `https://${response.req.headers.host}/account` });
    await using ca = await rawCa(at('/new-account', busy(503, headers), busy(429, headers), account));
    const session = await open(ca);
    expect(session.accountUrl).toBe(`${ca.origin}/account`);
    const nonces = ca.requests.filter(({ path }) => path === '/new-account').map(({ header }) => header.nonce);
    expect(new Set(nonces).size).toBe(3);
  });

  it('is asked four times, and not more', async () => {
    await using ca = await rawCa(at('/new-account', busy(503, { 'Retry-After': '0' })));
    expect(await reported(open(ca, { now }))).toMatchObject({ exitCode: 5, retryAt: '2027-03-01T12:00:00Z' });
    expect(counted(ca, '/new-account')).toBe(4);
  });

  it.each([
    ['a day in seconds', { 'Retry-After': '86400' }, '2027-03-02T12:00:00Z'],
    ['61 seconds', { 'Retry-After': '61' }, '2027-03-01T12:01:01Z'],
    [
      'a date, by a clock that is wrong',
      { Date: 'Fri, 01 Jan 2027 00:00:00 GMT', 'Retry-After': 'Fri, 01 Jan 2027 02:00:00 GMT' },
      '2027-03-01T14:00:00Z',
    ],
    ['nonsense in seconds', { 'Retry-After': '9'.repeat(300) }, '2028-03-01T12:00:00Z'],
  ])('that wants longer than a minute is not asked again: %s', async (_, headers, retryAt) => {
    await using ca = await rawCa(at('/new-account', busy(429, headers)));
    expect(await reported(open(ca, { now }))).toMatchObject({ exitCode: 5, code: 'acme-rate-limited', retryAt });
    expect(counted(ca, '/new-account')).toBe(1);
  });

  it.each([
    ['without a time', {}],
    ['with words for a time', { 'Retry-After': 'later' }],
  ])('is not asked again %s', async (_, headers) => {
    await using ca = await rawCa(at('/new-account', busy(429, headers)));
    const error = await reported(open(ca, { now }));
    const retryAt = timestamp(new Date(now().getTime() + 60_000));
    expect(error).toMatchObject({ exitCode: 5, code: 'acme-rate-limited', retryAt });
    expect(counted(ca, '/new-account')).toBe(1);
  });

  it('may say so in HTML', async () => {
    await using ca = await toDirectory(({ response }) => response.writeHead(503).end('<h1>Maintenance</h1>'));
    expect(await reported(open(ca))).toMatchObject({ exitCode: 4, code: 'acme-ca-unavailable' });
    expect(ca.requests).toHaveLength(1);
  });

  it('that fails is not asked again', async () => {
    await using ca = await toDirectory(({ response }) => response.writeHead(500, { 'Retry-After': '0' }).end());
    expect(await reported(open(ca))).toMatchObject({ exitCode: 4, code: 'acme-ca-failed' });
    expect(ca.requests).toHaveLength(1);
  });

  it('that refuses every nonce is given up', async () => {
    await using ca = await rawCa(at('/new-account', ({ response }) => json(response, 400, problem('badNonce', 'bad'))));
    expect(await reported(open(ca))).toMatchObject({ exitCode: 4, code: 'acme-ca-failed' });
    expect(counted(ca, '/new-account')).toBe(41);
  });
});

describe('stopping', () => {
  it('ends a request', async () => {
    const abort = new AbortController();
    await using ca = await toDirectory(() => abort.abort());
    expect(await reported(open(ca, { signal: abort.signal }))).toMatchObject({ exitCode: 4, code: 'acme-stopped' });
  });

  it('ends the wait for a busy CA', async () => {
    const abort = new AbortController();
    await using ca = await toDirectory(({ response }) => {
      response.on('finish', () => setTimeout(() => abort.abort(), 50));
      response.writeHead(503, { 'Retry-After': '50' }).end();
    });
    expect(await reported(open(ca, { signal: abort.signal }))).toMatchObject({ exitCode: 4, code: 'acme-stopped' });
  });
});

describe('requests', () => {
  it('name the program', async () => {
    await using ca = await rawCa();
    await open(ca);
    expect(ca.requests.map(({ headers }) => headers['user-agent'])).toEqual(
      ca.requests.map(() => expect.stringMatching(/^keepgate\/\d+\.\d+\.\d+/)),
    );
  });

  it('never use a nonce twice, not even after a refused one', async () => {
    const refused: Handler = ({ response }) => json(response, 400, problem('badNonce', 'bad'));
    const account: Handler = ({ response }) => json(response, 201, {}, { Location: '/account' });
    await using ca = await rawCa(at('/new-account', refused, account));
    const session = await open(ca);
    await Promise.allSettled([1, 2, 3].map(() => session.createOrder({ identifiers })));
    const nonces = ca.requests.map(({ header }) => header.nonce).filter(Boolean);
    expect(nonces).toHaveLength(5);
    expect(new Set(nonces).size).toBe(5);
  });

  it('tell how far the clocks are apart', async () => {
    const now = () => new Date('2027-01-01T00:00:00Z');
    await using ca = await rawCa(({ response }) => void response.setHeader('Date', 'Fri, 01 Jan 2027 01:00:00 GMT'));
    expect((await open(ca, { now })).dateSkew).toBe(3_600_000);
  });

  it('are repeated when an idle connection had been closed', async () => {
    const used = new WeakSet();
    await using ca = await rawCa(({ response }) => {
      const socket = response.req.socket;
      if (!used.has(socket)) return void used.add(socket);
      return socket.destroy();
    });
    await open(ca);
    expect(ca.requests.map(({ path }) => path)).toEqual(['/directory', '/new-account', '/new-account']);
  });

  it('are not repeated when a new connection was closed', async () => {
    await using ca = await rawCa(({ response }) => response.req.socket.destroy());
    expect(await reported(open(ca))).toMatchObject({ exitCode: 4, code: 'acme-ca-hung-up' });
    expect(ca.requests).toHaveLength(1);
  });
});

describe('what a CA says about its resources', () => {
  it.each([
    ['an order without finalize', (o: Record<string, unknown>) => ({ ...o, finalize: undefined })],
    ['an order in a state of its own', (o: Record<string, unknown>) => ({ ...o, status: 'maybe' })],
    ['an order with a number for an authorization', (o: Record<string, unknown>) => ({ ...o, authorizations: [1] })],
    ['a text', () => 'pending'],
  ])('has to be whole: %s', async (_, spoil) => {
    await using ca = await rawCa(
      at('/new-order', ({ response }) => json(response, 201, spoil(orderOf(ca.origin)), { Location: '/order/1' })),
    );
    const session = await open(ca);
    expect(await reported(session.createOrder({ identifiers }))).toMatchObject({ code: 'acme-answer-not-understood' });
  });

  it('an order has its URL, and the time to wait', async () => {
    await using ca = await rawCa((request) =>
      [
        at('/new-order', ({ response }) => json(response, 201, orderOf(ca.origin), { Location: '/order/1' })),
        at('/order/1', ({ response }) =>
          json(
            response,
            200,
            { ...orderOf(ca.origin), status: 'invalid', error: problem('caa', 'not here') },
            { 'Retry-After': '7' },
          ),
        ),
      ]
        .map((handler) => handler(request))
        .find(Boolean),
    );
    const session = await open(ca);
    const order = await session.createOrder({ identifiers });
    expect(order.url).toBe(`${ca.origin}/order/1`);
    expect(await session.order(order.url)).toMatchObject({
      retryAfter: 7000,
      error: { type: 'caa', method: undefined },
    });
  });

  it.each([
    ['nothing', {}],
    [
      'a window that ends before it begins',
      { suggestedWindow: { start: '2027-01-02T00:00:00Z', end: '2027-01-01T00:00:00Z' } },
    ],
    ['words for dates', { suggestedWindow: { start: 'soon', end: 'later' } }],
  ])('renewal information may not be %s', async (_, body) => {
    await using ca = await rawCa(at('/ari/a.b', ({ response }) => json(response, 200, body)));
    const session = await open(ca);
    expect(await reported(session.renewalInfo('a.b'))).toMatchObject({ code: 'acme-answer-not-understood' });
  });

  it('an empty certificate is none', async () => {
    await using ca = await rawCa(at('/certificate', ({ response }) => response.end()));
    const session = await open(ca);
    expect(await reported(session.certificate(`${ca.origin}/certificate`))).toMatchObject({
      code: 'acme-certificate-missing',
    });
  });
});

describe('the key of the account', () => {
  it('is on the disk before the CA hears of it, and is used again after a crash', async () => {
    const seen: unknown[] = [];
    await using ca = await rawCa(
      at('/new-account', ({ header, response }) => {
        const accounts = join(ca.folder, 'accounts');
        const key = join(accounts, String(readdirSync(accounts)[0]), 'key.pem');
        seen.push(existsSync(key) && statSync(key).mode & 0o777, header.jwk);
        response.destroy();
      }),
    );
    await reported(open(ca));
    await reported(open(ca));
    const [mode, jwk, modeAgain, jwkAgain] = seen;
    expect([mode, modeAgain]).toEqual([0o600, 0o600]);
    expect(jwk).toMatchObject({ kty: 'EC' });
    expect(jwkAgain).toEqual(jwk);
  });

  it('is one, when two begin at the same moment', async () => {
    await using ca = await rawCa();
    const [one, other] = await Promise.all([open(ca), open(ca)]);
    expect(one.accountThumbprint).toBe(other.accountThumbprint);
  });

  it('that is damaged is named, and not quoted', async () => {
    await using ca = await rawCa();
    await open(ca);
    const accounts = join(ca.folder, 'accounts');
    const key = join(accounts, String(readdirSync(accounts)[0]), 'key.pem');
    writeFileSync(key, 'MARKER');
    const { code, message } = await reported(open(ca));
    expect(code).toBe('acme-account-files');
    expect(message).toContain(key);
    expect(message).not.toContain('MARKER');
  });

  it('needs a folder that can be made', async () => {
    await using ca = await rawCa();
    writeFileSync(join(ca.folder, 'file'), '');
    mkdirSync(join(ca.folder, 'empty'));
    const accounts = join(ca.folder, 'file', 'accounts');
    expect(await reported(open(ca, { accounts }))).toMatchObject({ exitCode: 4, code: 'acme-account-files' });
    expect(ca.requests).toEqual([]);
  });
});

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toUTCString();
}
