/** An Upgrade header belongs to one connection of HTTP/1.1: nothing of it reaches a client or a backend that it is not meant for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/verify/ports.ts';
import { clientOf, gateFor, prefixOf, valuesOf } from '../e2e/gate.ts';
import { parts, suites } from '../parts.ts';
import { httpRequest } from '../wire/http1.ts';
import { http2Request } from '../wire/http2.ts';
import { http3Request } from '../wire/http3.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered } from '../wire/message.ts';
import { rawHttp2Status } from '../wire/raw-http2.ts';
import { webSocketEcho } from '../wire/websocket.ts';
import { type Apache, startApache } from './apache.ts';

const spec = `
version: 1
upstreams:
  # Apache offers it with the first response of a connection: so no connection is kept.
  apache: {servers: ['127.0.0.1:8890'], keepalive: {connections: 0}}
  pair: {servers: [{address: '127.0.0.1:8891', maxFails: 0}, {address: '127.0.0.1:8892', maxFails: 0}]}
sites:
  api:
    hosts: [api.example.com]
    http3: true
    upstream: http://127.0.0.1:8880
    headers: {response: {X-Site: yes}}
    routes:
      /apache: apache
      /apache/own: {upstream: apache, headers: {response: {X-Own: yes}}}
      /pair: pair
      /own: {headers: {response: {X-Own: yes}}}
`;

let apache: Apache;
let nobody = 0;
beforeAll(async () => {
  apache = await startApache();
  [nobody = 0] = await freePorts(1);
});
afterAll(() => apache?.stop());

it('Apache offers h2c where nobody hides it', async () => {
  const response = answered(await httpRequest({ port: apache.port, host: 'x' }));
  expect(response.headers.get('upgrade')).toBe('h2,h2c');
});

describe.each(suites)('nginx of %s', (suite) => {
  const backends = () =>
    new Map([
      ['127.0.0.1:8890', apache.port],
      ['127.0.0.1:8891', nobody],
    ]);
  const gate = gateFor(suite, spec, { workers: 1 }, backends);
  const client = () => clientOf(gate(), 'api', 'api.example.com');
  const alerts = () => readFileSync(join(prefixOf(gate()), 'error.log'), 'utf8').match(/.*\[alert\].*/g) ?? [];

  it.each(['/apache', '/apache/own'])('hides what a backend offers for %s', async (path) => {
    const request = { ...client(), path };
    for (const response of [await http2Request(request), await httpsRequest(request)]) {
      const { status, rawHeaders } = answered(response);
      expect(status).toBe(200);
      expect(rawHeaders.filter(([name]) => /^upgrade$/i.test(name))).toEqual([]);
    }
  });

  it.runIf(suite === 'trixie' || suite === 'forky')('hides it from HTTP/3', async () => {
    const { port } = client();
    const request = { curl: parts.curl, port, servername: 'api.example.com', path: '/apache' };
    const { status, headers } = answered(await http3Request(request));
    expect([status, headers.get('upgrade')]).toEqual([200, null]);
  });

  it('hides Proxy-Connection, too', async () => {
    const path = '/headers?Proxy-Connection=keep-alive&Keep-Alive=timeout%3D5';
    expect(answered(await http2Request({ ...client(), path })).status).toBe(200);
  });

  it.each(['/', '/own', '/pair'])('opens WebSockets at %s', async (path) => {
    // Every second one of the pair is asked of the server that is not there, first.
    for (let tries = 0; tries < 4; tries++) {
      const outcome = answered(await webSocketEcho({ ...client(), path, message: 'x' }));
      expect([outcome.status, outcome.echo]).toEqual([101, 'x']);
      expect(outcome.headers.get('upgrade')).toBe('websocket');
    }
  });

  it('passes on a request over HTTP/2 as one, whatever it wants to upgrade to', async () => {
    // From 1.31.0 on nginx refuses the header itself.
    expect(await rawHttp2Status(client(), [])).toBe(200);
    expect([200, 400]).toContain(await rawHttp2Status(client(), [['upgrade', 'websocket']]));
    const last = gate().backend('127.0.0.1:8880').requests.at(-1);
    expect(valuesOf(last, 'Upgrade')).toEqual([]);
    expect(alerts()).toEqual([]);
  });
});
