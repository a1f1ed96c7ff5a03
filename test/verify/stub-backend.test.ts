import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type StubBackend, startStubBackend } from '../../src/verify/stub-backend.ts';
import { httpRequest } from '../wire/http1.ts';
import { answered } from '../wire/message.ts';

let stub: StubBackend;
beforeEach(async () => {
  stub = await startStubBackend();
});
afterEach(() => stub.close());

it('records and echoes a request as it was sent', async () => {
  const body = 'ä body';
  const path = '/a%2Fb//c/../d?q=%20&x';
  const headers = { 'X-Twice': ['1', '2'], 'x-lower': 'Y' };
  const response = answered(await httpRequest({ port: stub.port, method: 'POST', path, headers, body }));
  expect(response.status).toBe(200);
  const [recorded] = stub.requests;
  expect(recorded).toEqual({
    method: 'POST',
    url: path,
    httpVersion: '1.1',
    headers: [
      ['Host', `127.0.0.1:${stub.port}`],
      ['X-Twice', '1'],
      ['X-Twice', '2'],
      ['x-lower', 'Y'],
      ['Content-Length', '7'],
    ],
    remotePort: expect.any(Number),
    body: { bytes: 7, sha256: createHash('sha256').update(body).digest('hex') },
  });
  expect(JSON.parse(response.body.toString())).toEqual(recorded);
});

it('counts connections, and tells by the port which request came over which', async () => {
  const socket = connect(stub.port, '127.0.0.1');
  for (const path of ['/1', '/2']) {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(socket, 'data');
  }
  await httpRequest({ port: stub.port });
  socket.destroy();
  const [first, second, third] = stub.requests.map(({ remotePort }) => remotePort);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect(stub.connections).toBe(2);
});

it('records a request whose body never ends', async () => {
  const socket = connect(stub.port, '127.0.0.1');
  socket.write('PUT /half HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
  while (stub.requests[0]?.body.bytes !== 3) await delay(5);
  socket.destroy();
  expect(stub.requests[0]?.url).toBe('/half');
});

it('has special paths below any path', async () => {
  const get = async (path: string) => answered(await httpRequest({ port: stub.port, path }));
  expect((await get('/api/v1/status?code=503')).status).toBe(503);
  const big = await get('/big?bytes=300000');
  expect(big.body.length).toBe(300_000);
  const started = performance.now();
  expect((await get('/slow?ms=200')).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(190);
  const { rawHeaders } = await get('/headers?Strict-Transport-Security=max-age%3D1&Set-Cookie=a&Set-Cookie=b');
  expect(rawHeaders.slice(0, 3)).toEqual([
    ['Strict-Transport-Security', 'max-age=1'],
    ['Set-Cookie', 'a'],
    ['Set-Cookie', 'b'],
  ]);
  expect((await get('/constructor')).status).toBe(200);
});

it('breaks off where an answer is impossible', async () => {
  expect(await httpRequest({ port: stub.port, path: '/status?code=9' })).toEqual({ refused: 'closed' });
  expect(answered(await httpRequest({ port: stub.port })).status).toBe(200);
});

it('agrees to h2c and hangs up, so that both sides can tell that it got through', async () => {
  const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
  const response = answered(await httpRequest({ port: stub.port, headers }));
  expect(response.status).toBe(101);
  expect(response.headers.get('upgrade')).toBe('h2c');
  expect(stub.requests[0]?.headers).toContainEqual(['Upgrade', 'h2c']);
});

it('closes connections by its keep-alive timeout', async () => {
  const impatient = await startStubBackend({ keepAliveTimeout: 50 });
  const socket = connect(impatient.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  socket.resume();
  await once(socket, 'end');
  await impatient.close();
});

it('answers the pings of a WebSocket, and breaks it off when it is closed', async () => {
  const socket = connect(stub.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n',
  );
  await once(socket, 'data');
  // A masked ping of two bytes.
  socket.write(Buffer.from('8982000000006869', 'hex'));
  const [pong] = await once(socket, 'data');
  expect(pong.toString('hex')).toBe('8a026869');
  await Promise.all([stub.close(), once(socket, 'close')]);
});

it('frees its port at once when it is closed, whatever is still open', async () => {
  const socket = connect(stub.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET /slow?ms=5000 HTTP/1.1\r\nHost: a\r\n\r\n');
  while (stub.requests.length === 0) await delay(5);
  await Promise.all([stub.close(), once(socket, 'close')]);
  await stub.close();
  await expect(httpRequest({ port: stub.port })).rejects.toThrow('ECONNREFUSED');
});
