/** The preset domino-rest-api: who reaches which role of the REST API. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Gate } from '../../src/verify/harness.ts';
import { startStubBackend } from '../../src/verify/stub-backend.ts';
import { suites } from '../parts.ts';
import { httpRequest } from '../wire/http1.ts';
import { http2Request } from '../wire/http2.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered, type Request } from '../wire/message.ts';
import { webSocketEcho } from '../wire/websocket.ts';
import { clientOf, echoed, gateFor, valuesOf } from './gate.ts';

/** Really there, on this machine, where the REST API's would be: nobody may get to it. */
const management = await startStubBackend();
afterAll(() => management.close());

const preset = (more: string) => `
      name: domino-rest-api
      web: http://127.0.0.1:81
      ports: {management: ${management.port}}
      metrics: {allow: [10.0.0.5]}
${more}`;

const single = `
version: 1
sites:
  domino:
    hosts: [domino.example.com]
    # Lets a test say who it is.
    trustedProxies: {from: [127.0.0.1]}
    preset: ${preset('      health: {allow: [10.0.0.0/24]}')}
`;

const subdomains = `
version: 1
sites:
  domino:
    hosts: [keep.example.com, domino.example.com, example.com]
    preset: ${preset(`      layout: subdomains
      apiHost: keep.example.com
      webHost: domino.example.com`)}
`;

/** The address of the one backend that a request reaches. */
async function reached(gate: Gate, send: () => Promise<unknown>): Promise<string> {
  const before = new Map(Array.from(gate.backends, ([address, stub]) => [address, stub.requests.length]));
  await send();
  return [...gate.backends]
    .filter(([address, stub]) => stub.requests.length !== before.get(address))
    .map(([address]) => address)
    .join();
}

describe.each(suites)('nginx of %s with everything under one name', (suite) => {
  const gate = gateFor(suite, single);
  const client = () => clientOf(gate(), 'domino', 'domino.example.com');
  const get = async (path: string, from = '203.0.113.9') =>
    answered(await httpsRequest({ ...client(), path, headers: { 'X-Forwarded-For': from } }));

  it.each([
    ['/api', '127.0.0.1:8880'],
    ['/api/v1/auth', '127.0.0.1:8880'],
    ['/api/v1/document/a%2Fb', '127.0.0.1:8880'],
    ['/admin/ui/', '127.0.0.1:8880'],
    ['/keep', '127.0.0.1:8880'],
    ['/openapi/index.html', '127.0.0.1:8880'],
    ['/oauth/token', '127.0.0.1:8880'],
    ['/.well-known/openid-configuration', '127.0.0.1:8880'],
    ['/', '127.0.0.1:81'],
    ['/apifoo', '127.0.0.1:81'],
    ['/names.nsf?Open', '127.0.0.1:81'],
    ['/admin', '127.0.0.1:81'],
    ['/metricsx', '127.0.0.1:81'],
  ])('takes %s to %s', async (path, address) => {
    expect(await reached(gate(), () => get(path))).toBe(address);
    const stub = gate().backend(address).requests.at(-1);
    expect([stub?.url, valuesOf(stub, 'Host')]).toEqual([path, ['domino.example.com']]);
  });

  it.each([
    ['/metrics', '10.0.0.5', '127.0.0.1:8890'],
    ['/metrics/x', '10.0.0.5', '127.0.0.1:8890'],
    ['/health', '10.0.0.77', '127.0.0.1:8886'],
  ])('shows %s to %s alone', async (path, from, address) => {
    const authorization = 'Basic bWV0cmljczpwYXNz';
    const headers = { 'X-Forwarded-For': from, Authorization: authorization };
    const seen = echoed(answered(await httpsRequest({ ...client(), path, headers })));
    // The role has an account of its own.
    expect([seen.url, valuesOf(seen, 'Authorization')]).toEqual([path, [authorization]]);
    expect(gate().backend(address).requests.at(-1)?.url).toBe(path);
    const before = gate().backend(address).requests.length;
    const ways = [path, `/${path}`, `${path}?x`, `/x/..%2f${path.slice(1)}`, path.replace('e', '%65'), `/x/..${path}`];
    for (const way of ways) {
      for (const other of ['203.0.113.9', `${from}, 203.0.113.9`, '10.0.1.5'])
        expect((await get(way, other)).status).toBe(403);
    }
    expect(gate().backend(address).requests.length).toBe(before);
  });

  it('has a WebSocket, room for attachments, and the backend its two minutes', async () => {
    expect(answered(await webSocketEcho({ ...client(), path: '/api/v1/x', message: 'x' })).echo).toBe('x');
    const body = Buffer.alloc(33 * 1024 * 1024);
    const response = answered(await httpsRequest({ ...client(), method: 'POST', path: '/api/v1/x', body }));
    expect(echoed(response).body.bytes).toBe(body.length);
  });

  it('leads nobody to the management role, by whatever way', async () => {
    expect([...gate().backends.keys()].sort()).toEqual([
      '127.0.0.1:81',
      '127.0.0.1:8880',
      '127.0.0.1:8886',
      '127.0.0.1:8890',
    ]);
    const role = `127.0.0.1:${management.port}`;
    const ways: readonly Request[] = [
      ...['/management', '/config', '/restart', '/shutdown', '/admin', `/:${management.port}/`, `//${role}/config`].map(
        (path) => ({ path }),
      ),
      { path: `http://${role}/config` },
      { path: `https://domino.example.com:${management.port}/config` },
      { path: `/@${role}/`, headers: { 'X-Original-URL': '/config', 'X-Rewrite-URL': '/config' } },
      { path: '/', host: role },
      { path: '/', host: `domino.example.com:${management.port}` },
      { path: '/', headers: { 'X-Forwarded-Host': role, 'X-Forwarded-Port': String(management.port) } },
      { path: role, method: 'CONNECT' },
      { path: `/api/..%2f..%2f..%2f${role}/` },
    ];
    const before = management.connections;
    for (const way of ways) {
      await httpsRequest({ ...client(), ...way });
      await httpRequest({ port: gate().port(80), host: 'domino.example.com', ...way });
      if (way.method !== 'CONNECT' && way.path?.startsWith('/')) await http2Request({ ...client(), ...way });
    }
    expect(management.connections).toBe(before);
    // The control: it does answer those who come by themselves.
    expect(answered(await httpRequest({ port: management.port, path: '/config' })).status).toBe(200);
  });
});

describe.each(suites)('nginx of %s with a name for each', (suite) => {
  const gate = gateFor(suite, subdomains);
  const get = (site: string, servername: string, path: string) =>
    httpsRequest({ ...clientOf(gate(), site, servername), path });

  it.each([
    ['domino-api', 'keep.example.com', '/', '127.0.0.1:8880'],
    ['domino-api', 'keep.example.com', '/api/v1', '127.0.0.1:8880'],
    ['domino-web', 'domino.example.com', '/api/v1', '127.0.0.1:81'],
    ['domino-web', 'example.com', '/', '127.0.0.1:81'],
    ['domino-web', 'example.com', '/metrics', '127.0.0.1:81'],
  ])('%s: takes https://%s%s to %s', async (site, host, path, address) => {
    expect(await reached(gate(), () => get(site, host, path))).toBe(address);
  });

  it('denies the metrics, which are on one of them only', async () => {
    expect(answered(await get('domino-api', 'keep.example.com', '/metrics')).status).toBe(403);
    expect([...gate().backends.keys()].sort()).toEqual(['127.0.0.1:81', '127.0.0.1:8880', '127.0.0.1:8890']);
  });
});
