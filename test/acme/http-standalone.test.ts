import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { httpStandalone } from '../../src/acme/solvers/http-standalone.ts';
import type { Solver } from '../../src/acme/solvers/solver.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { challengeFor } from './challenge.ts';

let solver: Solver | undefined;
afterEach(() => solver?.close?.());

async function fetchFrom(host: string, port: number, path: string, method = 'GET') {
  const request = get({ host, port, path, method, agent: false });
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await text(response) };
}

it('answers its tokens on IPv4 and IPv6, and nothing else', async () => {
  const [port = 0] = await freePorts(1);
  solver = httpStandalone({ port });
  const challenge = challengeFor('api.example.com');
  const other = challengeFor('b.example.com');
  await Promise.all([solver.present(challenge), solver.present(other)]);
  const path = `/.well-known/acme-challenge/${challenge.token}`;
  for (const host of ['127.0.0.1', '::1']) {
    expect(await fetchFrom(host, port, path)).toEqual({ status: 200, body: challenge.keyAuthorization });
  }
  expect(await fetchFrom('127.0.0.1', port, path, 'HEAD')).toEqual({ status: 200, body: '' });
  for (const wrong of [
    '/',
    '/.well-known/acme-challenge/',
    `/x/../${path}`,
    `${path}/`,
    `${path}?x`,
    `/${challenge.token}`,
  ]) {
    expect(await fetchFrom('127.0.0.1', port, wrong), wrong).toMatchObject({ status: 404 });
  }
  expect(await fetchFrom('127.0.0.1', port, path, 'POST')).toMatchObject({ status: 404 });
  await solver.cleanUp(challenge);
  await solver.cleanUp(challenge);
  expect(await fetchFrom('127.0.0.1', port, path)).toMatchObject({ status: 404 });
  expect(await fetchFrom('::1', port, `/.well-known/acme-challenge/${other.token}`)).toMatchObject({ status: 200 });
});

it('gives the port back at once, whoever is still connected', async () => {
  const [port = 0] = await freePorts(1);
  solver = httpStandalone({ port });
  await solver.prepare?.([]);
  const idle = connect(port, '127.0.0.1');
  await once(idle, 'connect');
  idle.on('error', () => {});
  await solver.close?.();
  const next = createServer().listen(port, '0.0.0.0');
  await once(next, 'listening');
  next.close();
  idle.destroy();
});

it.each(['127.0.0.1', '0.0.0.0', '::1'])('names who has the port on %s', async (host) => {
  const holder = createServer().listen(0, host);
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  try {
    solver = httpStandalone({ port });
    await expect(solver.prepare?.([])).rejects.toMatchObject({
      exitCode: 4,
      diagnostic: {
        code: 'port-taken',
        message: expect.stringMatching(`^port ${port} is taken by \\S.* \\(pid ${process.pid}\\)$`),
        help: expect.stringContaining('--webroot'),
      },
    });
  } finally {
    holder.close();
  }
  await once(holder, 'close');
  await solver.prepare?.([]); // a port that is free again can be had
});

it('refuses a token that is none', async () => {
  solver = httpStandalone({ port: 0 });
  await expect(solver.present(challengeFor('a.example.com', { token: '../x' }))).rejects.toThrow('base64url');
});
