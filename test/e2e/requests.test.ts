/** What of a client's request reaches the backend, and how. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { suites } from '../parts.ts';
import { readEvents } from '../wire/events.ts';
import { http2Request } from '../wire/http2.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered } from '../wire/message.ts';
import { webSocketEcho } from '../wire/websocket.ts';
import { clientOf, echoed, gateFor, valuesOf } from './gate.ts';

const spec = `
version: 1
upstreams:
  fresh: {servers: ['127.0.0.1:8885'], keepalive: {connections: 0}}
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8880
    bodyLimit: 64k
    routes:
      /api: http://127.0.0.1:8881
      "= /exact": http://127.0.0.1:8882
      '~ ^/v[0-9]+/items$': http://127.0.0.1:8883
      '~* \\.png$': http://127.0.0.1:8883
      /reused: http://127.0.0.1:8884
      /fresh: fresh
      /plain: {websocket: false}
      /live: {streaming: true}
      /prefixed: {headers: {request: {x-forwarded-prefix: /prefixed}}}
      /small: {bodyLimit: 1k}
      /any: {bodyLimit: unlimited}
`;

/** What a backend may take for the word of its proxy. */
const cleared = [
  'X-Forwarded-Prefix',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
  'X-Original-URL',
  'X-Rewrite-URL',
  'Proxy',
];

describe.each(suites)('a request through nginx of %s', (suite) => {
  const gate = gateFor(suite, spec, { workers: 1 });
  const client = () => clientOf(gate(), 'api', 'api.example.com');
  const get = async (path: string, headers = {}) =>
    echoed(answered(await httpsRequest({ ...client(), path, headers })));

  describe('names', () => {
    it('has the public name as Host, without the port', async () => {
      expect(valuesOf(await get('/'), 'Host')).toEqual(['api.example.com']);
      const spelled = { ...client(), host: `API.example.COM.:${client().port}` };
      expect(valuesOf(echoed(answered(await httpsRequest(spelled))), 'Host')).toEqual(['api.example.com']);
      expect(valuesOf(echoed(answered(await http2Request(client()))), 'Host')).toEqual(['api.example.com']);
    });

    it('has the name of an absolute request target, not the one of Host', async () => {
      const request = { ...client(), path: 'https://api.example.com/x', host: 'evil.example' };
      const seen = echoed(answered(await httpsRequest(request)));
      expect([seen.url, valuesOf(seen, 'Host')]).toEqual(['/x', ['api.example.com']]);
    });

    it("tells the backend the client's address, not what the client says it is", async () => {
      const lies: Record<string, string | string[]> = {
        'X-Forwarded-For': ['6.6.6.6', '7.7.7.7'],
        'x-real-ip': '6.6.6.6',
        Forwarded: 'for=6.6.6.6;host=evil.example',
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-Proto': 'http',
        'X-Forwarded-Port': '1',
        X_Forwarded_For: '6.6.6.6',
      };
      for (const name of cleared) lies[name] = 'evil';
      const seen = await get('/', lies);
      for (const name of cleared) expect([name, valuesOf(seen, name)]).toEqual([name, []]);
      expect(valuesOf(seen, 'X-Forwarded-For')).toEqual(['127.0.0.1']);
      expect(valuesOf(seen, 'X-Real-IP')).toEqual(['127.0.0.1']);
      expect(valuesOf(seen, 'Forwarded')).toEqual([]);
      expect(valuesOf(seen, 'X-Forwarded-Host')).toEqual(['api.example.com']);
      expect(valuesOf(seen, 'X-Forwarded-Proto')).toEqual(['https']);
      expect(valuesOf(seen, 'X-Forwarded-Port')).toEqual([String(client().port)]);
      expect(JSON.stringify(seen)).not.toMatch(/6\.6\.6\.6|evil/);
    });
  });

  it('has the prefix that the spec says, and not the one of the client', async () => {
    const seen = await get('/prefixed', { 'X-Forwarded-Prefix': '/evil', 'X-Original-URL': '/evil' });
    expect([valuesOf(seen, 'X-Forwarded-Prefix'), valuesOf(seen, 'X-Original-URL')]).toEqual([['/prefixed'], []]);
  });

  describe('paths', () => {
    const odd = ['a%2Fb', 'a//b', 'a/..%2fb', 'a/%2e%2e/b', 'a/../b', '%C3%A4;v=1', 'a?q=%2F//..&r=a+b', "a:@!$&'()*,"];
    it.each(odd)('leaves %s as it is', async (path) => {
      expect((await get(`/${path}`)).url).toBe(`/${path}`);
      expect((await get(`/api/x/${path}`)).url).toBe(`/api/x/${path}`);
      const two = await http2Request({ ...client(), path: `/api/x/${path}` });
      expect(echoed(answered(two)).url).toBe(`/api/x/${path}`);
    });

    it.each(['/..%2fetc/passwd', '/../x', '/a/../../x', '/%00'])('refuses %s', async (path) => {
      expect(answered(await httpsRequest({ ...client(), path })).status).toBe(400);
    });

    it.each([
      ['/api', 8881],
      ['/api/', 8881],
      ['/api/x', 8881],
      ['/api?x', 8881],
      ['//api//x', 8881],
      ['/x/..%2fapi/x', 8881],
      ['/apifoo', 8880],
      ['/api.json', 8880],
      ['/API', 8880],
      ['/api/../x', 8880],
      ['/exact', 8882],
      ['/exact?x', 8882],
      ['/exact/', 8880],
      ['/exact/x', 8880],
      ['/v1/items', 8883],
      ['/v1/items/', 8880],
      ['/x/v1/items', 8880],
      ['/api/x.PNG', 8883],
      ['/x.pngx', 8880],
    ])('takes %s to %i', async (path, port) => {
      const before = new Map(Array.from(gate().backends, ([address, stub]) => [address, stub.requests.length]));
      expect((await get(path)).url).toBe(path);
      const reached = [...gate().backends].filter(([address, stub]) => stub.requests.length !== before.get(address));
      expect(reached.map(([address]) => address)).toEqual([`127.0.0.1:${port}`]);
    });
  });

  describe('upgrades', () => {
    it.each(['h2c', 'websocket, h2c', 'h2c, websocket', 'xwebsocket'])('%s does not get through', async (upgrade) => {
      const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: upgrade, 'HTTP2-Settings': 'AAMAAABk' };
      const response = answered(await httpsRequest({ ...client(), headers }));
      expect(response.status).toBe(200);
      expect(valuesOf(echoed(response), 'Upgrade')).toEqual([]);
      expect(valuesOf(echoed(response), 'Connection')).toEqual([]);
    });

    it('a WebSocket does', async () => {
      const outcome = answered(await webSocketEcho({ ...client(), path: '/api/socket', message: 'ä'.repeat(500) }));
      expect([outcome.status, outcome.echo]).toEqual([101, 'ä'.repeat(500)]);
      const spelled = { ...client(), headers: { Upgrade: 'WebSocket' }, message: 'x' };
      expect(answered(await webSocketEcho(spelled)).echo).toBe('x');
    });

    it('a WebSocket does not where it is switched off', async () => {
      const outcome = answered(await webSocketEcho({ ...client(), path: '/plain/socket', message: 'x' }));
      expect([outcome.status, outcome.echo]).toEqual([200, undefined]);
      expect(valuesOf(echoed(outcome), 'Upgrade')).toEqual([]);
      expect(valuesOf(echoed(outcome), 'X-Forwarded-For')).toEqual(['127.0.0.1']);
    });
  });

  it('gets events one by one where the route is streaming', async () => {
    const spread = async (path: string) => {
      const outcome = await readEvents({ ...client(), path, headers: { 'Accept-Encoding': 'gzip' } });
      if ('refused' in outcome) throw new Error(outcome.refused);
      expect(outcome.events.map(({ text }) => text)).toEqual([1, 2, 3, 4].map((n) => `id: ${n}\ndata: {"event":${n}}`));
      const times = outcome.events.map(({ at }) => at);
      return Math.max(...times) - Math.min(...times);
    };
    // Again where the machine was busy.
    const patience = { timeout: 30_000 };
    await expect.poll(() => spread('/live/events?count=4&every=150'), patience).toBeGreaterThan(225);
    // The control: without streaming nginx collects them.
    await expect.poll(() => spread('/other/events?count=4&every=150'), patience).toBeLessThan(225);
  });

  it('comes over a connection that is kept', async () => {
    const reused = gate().backend('127.0.0.1:8884');
    for (let sent = 0; sent < 10; sent++) expect((await get('/reused')).httpVersion).toBe('1.1');
    answered(await httpsRequest({ ...client(), path: '/reused', method: 'POST', body: 'x' }));
    expect([reused.requests.length, reused.connections]).toEqual([11, 1]);
    const fresh = gate().backend('127.0.0.1:8885');
    for (let sent = 0; sent < 3; sent++) await get('/fresh');
    expect([fresh.requests.length, fresh.connections]).toEqual([3, 3]);
  });

  describe('sizes', () => {
    const post = async (path: string, bytes: number) => {
      const body = randomBytes(bytes);
      const response = answered(await httpsRequest({ ...client(), path, method: 'POST', body }));
      return response.status === 200 ? echoed(response).body.bytes : response.status;
    };

    it('are limited for bodies, by site and by route', async () => {
      expect(await post('/', 65_536)).toBe(65_536);
      expect(await post('/', 65_537)).toBe(413);
      expect(await post('/small', 1024)).toBe(1024);
      expect(await post('/small/x', 1025)).toBe(413);
      expect(await post('/any', 3_000_000)).toBe(3_000_000);
    });

    it('leave room for a header of 12 kB, such as a bearer token', async () => {
      const headers = { authorization: `Bearer ${'a'.repeat(12_000)}` };
      expect(valuesOf(await get('/', headers), 'Authorization')).toEqual([headers.authorization]);
      const two = answered(await http2Request({ ...client(), headers }));
      expect(valuesOf(echoed(two), 'Authorization')).toEqual([headers.authorization]);
    });
  });
});
