import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls, type TlsOptions as ServerOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { chain, issue } from '../ca.ts';
import { httpRequest } from './http1.ts';
import { http2Request } from './http2.ts';
import { httpsRequest } from './https.ts';
import { legacyTls, legacyTlsServer } from './legacy-tls.ts';
import { answered } from './message.ts';
import { refusalOf } from './tls.ts';

const { root, leaf, fullchain } = chain(['a.example', 'b.example']);
const identity = { cert: fullchain, key: leaf.key };
const trusted = { servername: 'a.example', ca: root.certificate };

let servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
  servers = [];
  sockets.clear();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Answers every connection with the same bytes and, unless they say so themselves, keeps it open. */
const saying = (text: string, end = false): Server =>
  createTcp((socket) => socket.once('data', () => (end ? socket.end(text) : socket.write(text))));

const echo: RequestListener = (request, response) => {
  response.end(JSON.stringify({ url: request.url, headers: request.rawHeaders }));
};

describe('HTTP/1.1 in clear', () => {
  it('sends exactly what it is told', async () => {
    const port = await listen(
      createTcp((socket) => socket.on('data', (bytes) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${bytes}`))),
    );
    const options = { port, path: '/%2F/../x y', host: 'odd_host', headers: { 'x-A': ['1', '2'] }, method: 'Get' };
    expect(answered(await httpRequest(options)).body.toString()).toBe(
      'Get /%2F/../x y HTTP/1.1\r\nHost: odd_host\r\nx-A: 1\r\nx-A: 2\r\n\r\n',
    );
    expect(answered(await httpRequest({ port, host: false, body: 'ä' })).body.toString()).toBe(
      'GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\nä',
    );
  });

  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef', 200, 'abc'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n', 200, 'abc'],
    ['no body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n', 304, ''],
    ['no reason', 'HTTP/1.1 421 \r\nContent-Length: 0\r\n\r\n', 421, ''],
    ['an interim response', 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', 204, ''],
  ])('reads %s', async (_what, text, status, body) => {
    const response = answered(await httpRequest({ port: await listen(saying(text)) }));
    expect([response.status, response.body.toString()]).toEqual([status, body]);
  });

  it('keeps repeated headers apart', async () => {
    const text = 'HTTP/1.1 204 No Content\r\nA: 1\r\na:2 \r\n\r\n';
    const { rawHeaders, headers } = answered(await httpRequest({ port: await listen(saying(text)) }));
    expect(rawHeaders).toEqual([
      ['A', '1'],
      ['a', '2'],
    ]);
    expect(headers.get('a')).toBe('1, 2');
  });

  it('reads no body after HEAD', async () => {
    const port = await listen(saying('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'));
    expect(answered(await httpRequest({ port, method: 'HEAD' })).body.length).toBe(0);
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', '1 bytes before the end'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n', 'in the middle of a body'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n', 'longer than it said'],
    ['SSH-2.0-x\r\n\r\n', 'not an HTTP response'],
  ])('throws on %j', async (text, reason) => {
    await expect(httpRequest({ port: await listen(saying(text, true)) })).rejects.toThrow(reason);
  });

  it('tells an orderly end, a reset and nobody apart', async () => {
    const closing = createTcp((socket) => socket.once('data', () => socket.end()));
    const port = await listen(closing);
    expect(await httpRequest({ port })).toEqual({ refused: 'closed' });
    const resetting = createTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await httpRequest({ port: await listen(resetting) })).toEqual({ refused: 'reset' });
    closing.close();
    await once(closing, 'close');
    await expect(httpRequest({ port })).rejects.toThrow('ECONNREFUSED');
    expect(() => answered({ refused: 'closed' })).toThrow('no response: closed');
  });
});

describe('HTTPS', () => {
  const https = (options: ServerOptions = {}) => listen(createHttps({ ...identity, ...options }, echo));

  it('tells what was negotiated and whose certificate it was', async () => {
    const port = await https();
    const response = answered(await httpsRequest({ port, ...trusted, path: '/a%2Fb//c' }));
    expect(JSON.parse(response.body.toString())).toEqual({ url: '/a%2Fb//c', headers: ['Host', `a.example:${port}`] });
    expect(response.tls).toMatchObject({
      protocol: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/),
      alpn: false,
      certificate: { subjectaltname: 'DNS:a.example, DNS:b.example' },
      resumed: false,
    });
    const old = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305', alpn: ['http/1.1'] } as const;
    expect(answered(await httpsRequest({ port, ...trusted, ...old })).tls).toMatchObject({
      protocol: 'TLSv1.2',
      cipher: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      alpn: 'http/1.1',
    });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes a session of %s', async (version) => {
    const port = await https();
    const options = { port, ...trusted, minVersion: version, maxVersion: version };
    const { session } = answered(await httpsRequest(options));
    if (session === undefined) throw new Error('no session');
    expect(answered(await httpsRequest({ ...options, session })).tls.resumed).toBe(true);
  });

  it('verifies chain and name where it has a root, and nothing without', async () => {
    const port = await https();
    await expect(httpsRequest({ port, servername: 'c.example', ca: root.certificate })).rejects.toThrow('altnames');
    const stranger = issue({ commonName: 'stranger', kind: 'authority' });
    await expect(httpsRequest({ port, ...trusted, ca: stranger.certificate })).rejects.toThrow('certificate');
    expect(answered(await httpsRequest({ port, servername: false, ca: root.certificate })).status).toBe(200);
    expect(answered(await httpsRequest({ port, servername: 'c.example' })).status).toBe(200);
  });

  it('sends SNI or none', async () => {
    const seen: unknown[] = [];
    const server = createTls(identity, (socket) => {
      seen.push('servername' in socket && socket.servername);
      socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    });
    const port = await listen(server);
    await httpsRequest({ port, ...trusted });
    await httpsRequest({ port, servername: false });
    expect(seen).toEqual(['a.example', false]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'shows a client certificate, and the alert without one, in %s',
    async (version) => {
      const port = await https({ requestCert: true, rejectUnauthorized: true, ca: [root.certificate] });
      const client = issue({ commonName: 'me', kind: 'client', issuer: root });
      const options = { port, ...trusted, minVersion: version, maxVersion: version };
      const { certificate, key } = client;
      expect(answered(await httpsRequest({ ...options, cert: certificate, key })).status).toBe(200);
      const alert = version === 'TLSv1.3' ? 'certificate_required' : 'handshake_failure';
      expect(await httpsRequest(options)).toEqual({ refused: 'handshake', alert });
    },
  );

  it('gives the alert of a refused handshake its name', async () => {
    const port = await https({ minVersion: 'TLSv1.3' });
    expect(await httpsRequest({ port, ...trusted, maxVersion: 'TLSv1.2' })).toEqual({
      refused: 'handshake',
      alert: 'protocol_version',
    });
    const unknown = await https({ SNICallback: (_name, done) => done(new Error('who?')) });
    expect(await httpsRequest({ port: unknown, ...trusted })).toMatchObject({ refused: 'closed' });
  });

  it('does not take an error of its own for a refusal', () => {
    expect(() => refusalOf(new Error('unsupported protocol'))).toThrow('unsupported protocol');
    expect(refusalOf(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toEqual({ refused: 'reset' });
  });

  it('tells a server that ends or resets before, in and after the handshake', async () => {
    const ending = await listen(createTcp((socket) => socket.once('data', () => socket.end())));
    expect(await httpsRequest({ port: ending, ...trusted })).toEqual({ refused: 'closed' });
    const resetting = await listen(createTcp((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect(await httpsRequest({ port: resetting, ...trusted })).toEqual({ refused: 'reset' });
    const silent = await listen(createTls(identity, (socket) => socket.once('data', () => socket.end())));
    expect(await httpsRequest({ port: silent, ...trusted })).toEqual({ refused: 'closed' });
  });
});

describe('old TLS', () => {
  it.each(['TLSv1', 'TLSv1.1'] as const)('is spoken by client and control server: %s', async (version) => {
    const control = await legacyTlsServer(identity);
    const outcome = answered(await httpsRequest({ port: control.port, ...trusted, ...legacyTls(version) }));
    expect(outcome.tls.protocol).toBe(version);
    await control.close();
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('is refused with an alert by a server that does not: %s', async (version) => {
    const port = await listen(createHttps({ ...identity, minVersion: 'TLSv1.2' }, echo));
    expect(await httpsRequest({ port, ...trusted, ...legacyTls(version) })).toEqual({
      refused: 'handshake',
      alert: 'protocol_version',
    });
  });
});

describe('HTTP/2', () => {
  it('sends and reads what it is told', async () => {
    const server = createSecureServer(identity, (request, response) => {
      response.setHeader('Set-Cookie', ['a', 'b']);
      response.setHeader('X', 'y');
      request.on('data', (body) => response.end(JSON.stringify({ headers: request.headers, body: String(body) })));
    });
    const port = await listen(server);
    const options = {
      port,
      ...trusted,
      host: 'other',
      path: '/a%2Fb//',
      method: 'POST',
      headers: { x: 'y' },
      body: 'b',
    };
    const response = answered(await http2Request(options));
    expect(response.status).toBe(200);
    expect(response.tls.alpn).toBe('h2');
    expect(response.rawHeaders.slice(0, 3)).toEqual([
      ['set-cookie', 'a'],
      ['set-cookie', 'b'],
      ['x', 'y'],
    ]);
    expect(JSON.parse(response.body.toString())).toEqual({
      headers: { ':method': 'POST', ':path': '/a%2Fb//', ':scheme': 'https', ':authority': 'other', x: 'y' },
      body: 'b',
    });
  });

  it('tells a reset stream, an end and a refused handshake', async () => {
    const server = createSecureServer({ ...identity, minVersion: 'TLSv1.3' });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      if (headers[':path'] === '/reset') stream.close(7);
      else if (headers[':path'] === '/goaway') stream.session?.goaway(1);
      else stream.session?.destroy();
    });
    const port = await listen(server);
    const request = { port, ...trusted };
    expect(await http2Request({ ...request, path: '/reset' })).toEqual({ refused: 'reset', alert: 'REFUSED_STREAM' });
    expect(await http2Request({ ...request, path: '/goaway' })).toMatchObject({ refused: 'reset' });
    expect(await http2Request({ ...request, path: '/' })).toEqual({ refused: 'closed' });
    expect(await http2Request({ ...request, maxVersion: 'TLSv1.2' })).toMatchObject({ alert: 'protocol_version' });
  });

  it('speaks nothing else', async () => {
    const other = await listen(createHttps(identity, echo));
    expect(await http2Request({ port: other, ...trusted })).toMatchObject({ alert: 'no_application_protocol' });
    const none = await listen(createTls(identity));
    await expect(http2Request({ port: none, ...trusted })).rejects.toThrow('the server chose no protocol');
  });
});
