/** What a client sees when a backend is down, slow, or not the one that it should be. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type StubOptions, startStubBackend } from '../../src/verify/stub-backend.ts';
import { chain, issue } from '../ca.ts';
import { suites } from '../parts.ts';
import { http2Request } from '../wire/http2.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered, type Response } from '../wire/message.ts';
import { clientOf, echoed, gateFor, prefixOf } from './gate.ts';

const spec = `
version: 1
upstreams:
  pair: {servers: ['127.0.0.1:8882', {address: '127.0.0.1:8883', backup: true}]}
  secure: {servers: ['127.0.0.1:8443'], tls: {name: backend.example, ca: /replaced/by/the/harness.pem}}
  trusting: {servers: ['127.0.0.1:9443'], tls: {verify: false}}
  versions: {servers: ['127.0.0.1:9444'], tls: {verify: false}, keepalive: {connections: 0}}
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8880
    tls: {hsts: {maxAge: 1000}}
    routes:
      /dead: http://127.0.0.1:8881
      /own: {upstream: http://127.0.0.1:8881, headers: {response: {X-Own: here}}}
      /pair: pair
      /impatient: {timeouts: {read: 500ms}}
      /secure: secure
      /trusting: trusting
      /versions: versions
`;

describe.each(suites)('behind nginx of %s', (suite) => {
  const gate = gateFor(suite, spec);
  const client = () => clientOf(gate(), 'api', 'api.example.com');
  const get = async (path: string, method = 'GET') => answered(await httpsRequest({ ...client(), path, method }));

  /** Puts another backend in the place of one. */
  const replace = async (address: string, options: StubOptions = {}) => {
    const { port } = gate().backend(address);
    await gate().backend(address).close();
    return startStubBackend({ port, ...options });
  };

  function expectProblem(response: Response, problem: { title: string; status: number; detail: string }) {
    expect(response.status).toBe(problem.status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(response.body.toString())).toEqual(problem);
    const hsts = response.rawHeaders.filter(([name]) => name.toLowerCase() === 'strict-transport-security');
    expect(hsts.map(([, value]) => value)).toEqual(['max-age=1000']);
  }
  const badGateway = {
    title: 'Bad Gateway',
    status: 502,
    detail: 'No usable response came from the service behind this address.',
  };

  it.each(['/dead', '/dead/x?y', '/dead/x.html', '/own'])(
    'a dead backend is a 502 that a program can read: %s',
    async (path) => {
      await gate().backend('127.0.0.1:8881').close();
      expectProblem(await get(path), badGateway);
      expectProblem(await get(path, 'DELETE'), badGateway);
      expectProblem(answered(await http2Request({ ...client(), path })), badGateway);
    },
  );

  it('a slow one is a 504', async () => {
    expectProblem(await get('/impatient/slow?ms=3000'), {
      title: 'Gateway Timeout',
      status: 504,
      detail: 'The service behind this address took too long.',
    });
    const quick = async () => (await get('/impatient/slow?ms=10')).status;
    await expect.poll(quick, { timeout: 20_000 }).toBe(200);
    expect((await get('/slow?ms=800')).status).toBe(200);
  });

  it.each([404, 500, 502, 503, 504])("the backend's own %i comes through as it is", async (code) => {
    const response = await get(`/status?code=${code}`);
    expect([response.status, echoed(response).url]).toEqual([code, `/status?code=${code}`]);
    expect(response.headers.get('strict-transport-security')).toBe('max-age=1000');
  });

  it('a backup takes over, and repeats no request that may have been carried out', async () => {
    const backup = gate().backend('127.0.0.1:8883');
    for (let sent = 0; sent < 4; sent++) expect((await get('/pair')).status).toBe(200);
    expect(backup.requests.length).toBe(0);

    // A server that hangs up after it has read the request.
    const { port } = gate().backend('127.0.0.1:8882');
    await gate().backend('127.0.0.1:8882').close();
    const breaking = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    breaking.listen(port, '127.0.0.1');
    await once(breaking, 'listening');
    expect((await get('/pair', 'POST')).status).toBe(502);
    expect(backup.requests.length).toBe(0);
    breaking.close();
    await once(breaking, 'close');

    expect(echoed(await get('/pair/x')).url).toBe('/pair/x');
    expect(echoed(await get('/pair/y', 'POST')).url).toBe('/pair/y');
    expect(backup.requests.length).toBe(2);
  });

  it('a backend over TLS has to be the right one', async () => {
    expect(echoed(await get('/secure/x')).url).toBe('/secure/x');
    const tls = ({ leaf, fullchain }: ReturnType<typeof chain>) => ({ certificate: fullchain, key: leaf.key });

    // Of a CA, from here on: the right name, a wrong one, and the right name of another CA.
    const right = chain(['backend.example']);
    writeFileSync(join(prefixOf(gate()), 'certificates/backends.pem'), right.root.certificate);
    await gate().nginx.reload();
    const good = await replace('127.0.0.1:8443', { tls: tls(right) });
    expect((await get('/secure')).status).toBe(200);
    await good.close();

    const { port } = good;
    const named = issue({ commonName: 'other', names: ['other.example'], issuer: right.intermediate });
    const certificate = named.certificate + right.intermediate.certificate;
    const wrong = await startStubBackend({ port, tls: { certificate, key: named.key } });
    expectProblem(await get('/secure'), badGateway);
    await wrong.close();

    const foreign = await startStubBackend({ port, tls: tls(chain(['backend.example'])) });
    expectProblem(await get('/secure'), badGateway);
    expect([wrong.requests.length, foreign.requests.length]).toEqual([0, 0]);
    await foreign.close();
  });

  it('a backend over TLS may be anyone where the spec says so', async () => {
    const { leaf, fullchain } = chain(['whoever.example']);
    const anyone = await replace('127.0.0.1:9443', { tls: { certificate: fullchain, key: leaf.key } });
    expect((await get('/trusting')).status).toBe(200);
    await anyone.close();
  });

  it.each([
    ['TLSv1', 502],
    ['TLSv1.1', 502],
    ['TLSv1.2', 200],
    ['TLSv1.3', 200],
  ] as const)('a backend that speaks %s alone: %i', async (version, status) => {
    const { leaf, fullchain } = chain(['whoever.example']);
    const { port } = gate().backend('127.0.0.1:9444');
    await gate().backend('127.0.0.1:9444').close();
    // The backend itself would take the old versions, whatever the level of its OpenSSL.
    const only = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    const server = createTlsServer({ cert: fullchain, key: leaf.key, ...only }, (_, response) => response.end());
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect((await get('/versions')).status).toBe(status);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
});
