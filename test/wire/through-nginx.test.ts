/** The clients against a hand-written nginx in front of the stub: each must see the good case and the bad one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpConfiguration } from '../../src/verify/nginx-configuration.ts';
import { type RunningNginx, startNginx } from '../../src/verify/nginx-process.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { type StubBackend, startStubBackend } from '../../src/verify/stub-backend.ts';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { chain } from '../ca.ts';
import { parts } from '../parts.ts';
import { readEvents } from './events.ts';
import { http2Request } from './http2.ts';
import { http3Request } from './http3.ts';
import { httpsRequest } from './https.ts';
import { answered } from './message.ts';
import { webSocketEcho } from './websocket.ts';

const { root, leaf, fullchain } = chain(['a.example']);
const folder = throwawayFolder();
const caFile = join(folder.path, 'root.pem');
let stub: StubBackend;
let gate: RunningNginx;
let port = 0;
let trusted = { port, servername: 'a.example', ca: root.certificate };

beforeAll(async () => {
  stub = await startStubBackend();
  [port = 0] = await freePorts(1);
  trusted = { ...trusted, port };
  writeFileSync(caFile, root.certificate);
  writeFileSync(join(folder.path, 'chain.pem'), fullchain);
  writeFileSync(join(folder.path, 'key.pem'), leaf.key, { mode: 0o600 });
  writeFileSync(
    join(folder.path, 'site.conf'),
    `map $http_upgrade $keepgate_connection { default ''; ~*^websocket$ upgrade; }
    server {
      listen 127.0.0.1:${port} ssl default_server;
      listen 127.0.0.1:${port} quic reuseport default_server;
      ssl_reject_handshake on;
    }
    server {
      listen 127.0.0.1:${port} ssl;
      listen 127.0.0.1:${port} quic;
      http2 on;
      server_name a.example;
      ssl_certificate chain.pem;
      ssl_certificate_key key.pem;
      proxy_http_version 1.1;
      location / {
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $keepgate_connection;
        proxy_pass http://127.0.0.1:${stub.port};
        proxy_buffering off;
      }
      location /buffered { proxy_pass http://127.0.0.1:${stub.port}; }
      location /careless {
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
        proxy_pass http://127.0.0.1:${stub.port};
      }
      location /end { return 444; }
    }`,
  );
  const configuration = httpConfiguration({ includes: ['site.conf'] });
  gate = await startNginx({ nginx: parts.nginx.trixie, prefix: folder.path, configuration, readyPorts: [port] });
});
afterAll(async () => {
  await gate?.stop();
  await stub?.close();
  folder.remove();
});

it('sees odd paths reach the backend unchanged', async () => {
  await httpsRequest({ ...trusted, path: '/a%2Fb//c/%2e%2e/d' });
  expect(stub.requests.at(-1)?.url).toBe('/a%2Fb//c/%2e%2e/d');
});

it('sees an unknown name and none refused', async () => {
  const refusal = { refused: 'handshake', alert: 'unrecognized_name' };
  expect(await httpsRequest({ port, servername: 'b.example' })).toEqual(refusal);
  expect(await httpsRequest({ port, servername: false })).toEqual(refusal);
  expect(await http2Request({ port, servername: 'b.example' })).toEqual(refusal);
  expect(await httpsRequest({ ...trusted, path: '/end' })).toEqual({ refused: 'closed' });
});

it('speaks HTTP/2', async () => {
  const response = answered(await http2Request({ ...trusted, path: '/two', method: 'POST', body: 'x' }));
  expect([response.status, response.tls.alpn]).toEqual([200, 'h2']);
  expect(JSON.parse(response.body.toString())).toMatchObject({ url: '/two', method: 'POST', body: { bytes: 1 } });
  expect(await http2Request({ ...trusted, path: '/end' })).toMatchObject({ refused: expect.any(String) });
});

describe('HTTP/3', () => {
  const quic = { curl: parts.curl, caFile, servername: 'a.example' } as const;

  it('is spoken', async () => {
    const request = { ...quic, port, path: '/a%2Fb//c/../d', headers: { x: ['1', '2'] } };
    const response = answered(await http3Request(request));
    expect(response.status).toBe(200);
    expect(response.body.at(-1)).toBe(0x0a);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(response.body.toString())).toMatchObject({ url: '/a%2Fb//c/../d', method: 'GET' });
    expect(stub.requests.at(-1)?.headers).toEqual(
      expect.arrayContaining([
        ['x', '1'],
        ['x', '2'],
      ]),
    );
    expect(answered(await http3Request({ ...request, method: 'HEAD' })).body.toString()).toBe('');
  });

  it('is refused to an unknown name and to none', async () => {
    expect(await http3Request({ ...quic, port, servername: 'b.example' })).toEqual({ refused: 'handshake' });
    expect(await http3Request({ ...quic, port, servername: false })).toEqual({ refused: 'handshake' });
    expect(await http3Request({ ...quic, port, path: '/end' })).toEqual({ refused: 'reset' });
  });

  it('is an error where nobody speaks it or the certificate is not trusted', async () => {
    const [unused = 0] = await freePorts(1);
    await expect(http3Request({ ...quic, port: unused })).rejects.toThrow('curl');
    await expect(http3Request({ ...quic, port, caFile: join(folder.path, 'key.pem') })).rejects.toThrow('curl');
  });
});

it.each(['hello', 'ä'.repeat(200), 'x'.repeat(70_000)])('echoes over a WebSocket', async (message) => {
  const outcome = answered(await webSocketEcho({ ...trusted, path: '/socket', message }));
  expect(outcome.status).toBe(101);
  expect(outcome.echo === message).toBe(true);
});

it('sees a WebSocket that does not get through', async () => {
  const outcome = answered(await webSocketEcho({ ...trusted, path: '/buffered', message: 'hello' }));
  expect([outcome.status, outcome.echo]).toEqual([200, undefined]);
});

it('sees h2c stopped, and sees it get through where nginx is careless', async () => {
  const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
  expect(answered(await httpsRequest({ ...trusted, headers })).status).toBe(200);
  expect(answered(await httpsRequest({ ...trusted, headers, path: '/careless' })).status).toBe(101);
});

it('sees events one by one, or all at the end where nginx buffers', async () => {
  const spread = async (path: string) => {
    const outcome = await readEvents({ ...trusted, path });
    if ('refused' in outcome) throw new Error(outcome.refused);
    const times = outcome.events.map(({ at }) => at);
    expect(outcome.events.map(({ text }) => text.split('\n')[0])).toEqual([
      'id: 1',
      'id: 2',
      'id: 3',
      'id: 4',
      'id: 5',
    ]);
    return Math.max(...times) - Math.min(...times);
  };
  // Again where the machine was busy: nginx that buffers never comes near the one, nginx that doesn't never near the other.
  await expect.poll(() => spread('/live/events'), { timeout: 30_000 }).toBeGreaterThan(300);
  await expect.poll(() => spread('/buffered/events'), { timeout: 30_000 }).toBeLessThan(100);
});
