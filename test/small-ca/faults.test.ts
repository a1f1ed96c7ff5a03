import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { badNonce, rateLimited, unavailable } from './faults.ts';
import { type SmallCa, startSmallCa } from './start.ts';
import { newCsr, type TinyClient, tinyClient } from './tiny-client.ts';

let ca: SmallCa;
let client: TinyClient;
const names = ['a.example.com', 'b.example.com'];

beforeEach(async () => {
  ca = await startSmallCa({ now: () => new Date('2027-03-01T12:00:00Z') });
  client = tinyClient(ca);
  await client.register();
});

afterEach(async () => {
  client.close();
  await ca.stop();
});

const newOrder = () => client.post(`${client.base}/new-order`, { identifiers: [{ type: 'dns', value: names[0] }] });

describe('problems', () => {
  it.each([
    { fault: rateLimited(30), status: 429, after: '30' },
    { fault: rateLimited(86_400), status: 429, after: '86400' },
    { fault: rateLimited({ asDate: 90 }), status: 429, after: 'Mon, 01 Mar 2027 12:01:30 GMT' },
    { fault: rateLimited({ text: 'soon' }), status: 429, after: 'soon' },
    { fault: rateLimited(), status: 429, after: undefined },
    { fault: unavailable(5), status: 503, after: '5' },
    { fault: badNonce, status: 400, after: undefined },
  ])('$status with Retry-After $after, with a new nonce, and nothing is done', async ({ fault, status, after }) => {
    ca.faults.next('newOrder', fault);
    const reply = await newOrder();
    expect([reply.status, reply.headers['retry-after'], ca.orders]).toEqual([status, after, 0]);
    expect((await newOrder()).status).toBe(201);
    expect(ca.requests.filter(({ kind }) => kind === 'newOrder')).toMatchObject([
      { status, fault: 'problem' },
      { status: 201, method: 'POST', path: '/new-order', at: new Date('2027-03-01T12:00:00Z') },
    ]);
  });

  it('are for requests of a kind, so many of them, after so many that go well', async () => {
    ca.faults.next('newOrder', rateLimited(), 2, 1);
    const statuses = [];
    for (let count = 0; count < 5; count++) statuses.push((await newOrder()).status);
    expect(statuses).toEqual([201, 429, 429, 201, 201]);
  });

  it('are for all requests until they are cleared', async () => {
    ca.faults.always('any', unavailable());
    expect((await newOrder()).status).toBe(503);
    expect((await client.send('GET', ca.directoryUrl)).status).toBe(503);
    ca.faults.clear();
    expect((await newOrder()).status).toBe(201);
  });
});

describe('connections', () => {
  it('are reset', async () => {
    ca.faults.next('newOrder', { fault: 'reset' });
    await expect(newOrder()).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    expect(ca.orders).toBe(0);
  });

  it('hang until the CA stops', async () => {
    ca.faults.next('newOrder', { fault: 'hang' });
    const hanging = newOrder();
    const outcome = expect(hanging).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect.poll(() => ca.requests.at(-1), { timeout: 20_000 }).toMatchObject({ kind: 'newOrder', fault: 'hang' });
    expect(await client.send('GET', ca.directoryUrl)).toMatchObject({ status: 200 });
    await ca.stop();
    await outcome;
    expect(ca.orders).toBe(0);
    ca = await startSmallCa({ now: () => new Date() });
  });

  it('are closed when the CA has acted, before the answer', async () => {
    const { url, finalize } = await client.readyOrder(names);
    const csr = (await newCsr(names)).toString('base64url');
    ca.faults.next('finalize', { fault: 'lost-answer' });
    await expect(client.post(finalize, { csr })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(ca.requests.at(-1)).not.toHaveProperty('status');
    expect(ca.issued).toHaveLength(1);
    expect((await client.post(url, '')).json).toMatchObject({ status: 'valid', certificate: ca.issued[0]?.url });
  });

  it('break in the middle of the body', async () => {
    ca.faults.next('newOrder', { fault: 'truncated' });
    await expect(newOrder()).rejects.toMatchObject({ message: 'aborted' });
    expect(ca.orders).toBe(1);
  });

  it('may wait for something in between', async () => {
    const seen: number[] = [];
    const look = async () => void seen.push(ca.orders);
    ca.faults.next('newOrder', { fault: 'meanwhile', before: look, after: look });
    expect((await newOrder()).status).toBe(201);
    expect(seen).toEqual([0, 1]);
  });
});

describe('bodies', () => {
  it('have 5 MB', async () => {
    ca.faults.next('directory', { fault: 'oversized' });
    const { text, json } = await client.send('GET', ca.directoryUrl);
    expect(text.length).toBeGreaterThan(5_000_000);
    expect(json).toHaveProperty('newOrder');
  });

  it('are HTML', async () => {
    ca.faults.next('directory', { fault: 'html', status: 200 });
    const { status, headers, text } = await client.send('GET', ca.directoryUrl);
    expect([status, headers['content-type']]).toEqual([200, 'text/html']);
    expect(text).toMatch(/^<!DOCTYPE html>/);
  });

  it('come with a Date that is off', async () => {
    ca.faults.dateSkew = -3_600_000;
    expect((await newOrder()).headers.date).toBe('Mon, 01 Mar 2027 11:00:00 GMT');
  });
});

describe('orders', () => {
  it('turn invalid when finalized, with subproblems', async () => {
    const identifier = { type: 'dns', value: 'b.example.com' } as const;
    const subproblems = [{ type: 'caa', detail: 'CAA forbids it', identifier }];
    ca.faults.next('finalize', { fault: 'invalid-order', type: 'caa', detail: 'see the subproblems', subproblems });
    await client.issue(names).catch(() => {});
    const [finalized] = ca.requests.filter(({ kind }) => kind === 'finalize');
    const order = await client.post(`${client.base}${finalized?.path.replace('finalize', 'order')}`, '');
    const urn = 'urn:ietf:params:acme:error:caa';
    expect(order.json).toMatchObject({
      status: 'invalid',
      error: { type: urn, subproblems: [{ type: urn, identifier }] },
    });
    expect(ca.issued).toEqual([]);
  });

  it('are processing for some polls, with Retry-After', async () => {
    ca.policy.processing = { polls: 2, retryAfter: 3 };
    const { url, finalize } = await client.readyOrder(names);
    const replies = [await client.post(finalize, { csr: (await newCsr(names)).toString('base64url') })];
    for (let poll = 0; poll < 3; poll++) replies.push(await client.post(url, ''));
    const seen = replies.map(({ json, headers }) => [json.status, headers['retry-after'], 'certificate' in json]);
    expect(seen).toEqual([
      ['processing', '3', false],
      ['processing', '3', false],
      ['processing', '3', false],
      ['valid', undefined, true],
    ]);
  });

  it('are processing for ever', async () => {
    ca.faults.next('finalize', { fault: 'processing' });
    const { url, finalize } = await client.readyOrder(names);
    await client.post(finalize, { csr: (await newCsr(names)).toString('base64url') });
    for (let poll = 0; poll < 50; poll++) expect((await client.post(url, '')).json.status).toBe('processing');
    expect(ca.issued).toEqual([]);
  });

  it('turn invalid when a challenge fails', async () => {
    ca.faults.next('challenge', { fault: 'validation', type: 'connection', detail: 'Connection refused' });
    const { url } = await client.readyOrder(names);
    const { json } = await client.post(url, '');
    expect(json.status).toBe('invalid');
    const [authorization] = json.authorizations as unknown as string[];
    expect((await client.post(authorization ?? '', '')).json).toMatchObject({
      status: 'invalid',
      challenges: [{ error: { type: 'urn:ietf:params:acme:error:connection' } }, {}, {}],
    });
  });
});

describe('certificates', () => {
  const download = async (flaw: 'other-key' | 'lacks-name' | 'expired' | 'empty' | 'leaf-only' | 'backwards') => {
    ca.faults.next('certificate', { fault: 'certificate', flaw });
    return (await client.issue(names)).pem;
  };

  it('are for another key', async () => {
    const issued = new X509Certificate(await download('other-key'));
    expect(issued.subjectAltName).toBe('DNS:a.example.com, DNS:b.example.com');
    expect(issued.publicKey.equals(ca.issued[0]?.publicKey ?? issued.publicKey)).toBe(false);
  });

  it('lack a name', async () => {
    expect(new X509Certificate(await download('lacks-name')).subjectAltName).toBe('DNS:a.example.com');
  });

  it('are expired', async () => {
    expect(new X509Certificate(await download('expired')).validTo).toBe('Feb 28 12:00:00 2027 GMT');
  });

  it.each([
    { flaw: 'empty', subjects: [] },
    { flaw: 'leaf-only', subjects: ['a.example.com'] },
    { flaw: 'backwards', subjects: ['small CA intermediate', 'a.example.com'] },
  ] as const)('come in a chain that is $flaw', async ({ flaw, subjects }) => {
    const blocks = (await download(flaw)).match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? [];
    expect(blocks.map((pem) => new X509Certificate(pem).subject.replace(/.*CN=/s, ''))).toEqual(subjects);
  });
});
