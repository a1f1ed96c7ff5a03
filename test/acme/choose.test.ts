import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { preflight } from '../../src/acme/preflight/preflight.ts';
import { chooseSolver } from '../../src/acme/solvers/choose.ts';
import { httpWebroot } from '../../src/acme/solvers/http-webroot.ts';
import { portHolder } from '../../src/acme/solvers/port-holder.ts';
import { httpConfiguration } from '../../src/verify/nginx-configuration.ts';
import { startNginx } from '../../src/verify/nginx-process.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { type ThrowawayFolder, throwawayFolder } from '../../src/verify/throwaway.ts';
import { parts } from '../parts.ts';
import { challengeFor } from './challenge.ts';

let folder: ThrowawayFolder;
beforeEach(() => {
  folder = throwawayFolder();
});
afterEach(() => folder.remove());

const challengeRoot = '/nowhere/challenges';
const names = ['api.example.com'];

it('answers itself where nothing listens, and leaves the port free until it is needed', async () => {
  const [port = 0] = await freePorts(1);
  for (const choice of [undefined, 'http-01'] as const) {
    const { solver, why } = await chooseSolver(choice, names, { challengeRoot, port });
    expect(why).toBe(`nothing listens on port ${port}, so keepgate answers there itself`);
    expect(solver.description).toContain('web server of our own');
  }
  const next = createServer().listen(port, '0.0.0.0');
  await once(next, 'listening');
  next.close();
});

it('lets nginx serve the answers where nginx listens', async () => {
  const [port = 0] = await freePorts(1);
  const root = join(folder.path, 'challenges');
  writeFileSync(
    join(folder.path, 'site.conf'),
    `server { listen 127.0.0.1:${port}; location /.well-known/acme-challenge/ { root ${root}; } }\n`,
  );
  const nginx = await startNginx({
    nginx: parts.nginx.bookworm,
    prefix: folder.path,
    configuration: httpConfiguration({ includes: ['site.conf'] }),
    readyPorts: [port],
  });
  try {
    // Started through a loader, it says what it is once its workers run.
    await expect.poll(() => portHolder(port)?.program, { timeout: 10_000 }).toBe('nginx');
    const { solver, why } = await chooseSolver(undefined, names, { challengeRoot: root, port });
    expect(why).toBe(`nginx (pid ${nginx.pid}) listens on port ${port}, and serves challenges from ${root}`);
    const challenge = challengeFor('api.example.com');
    await solver.present(challenge);
    const url = `http://127.0.0.1:${port}/.well-known/acme-challenge/${challenge.token}`;
    expect(await (await fetch(url)).text()).toBe(challenge.keyAuthorization);
    await solver.cleanUp(challenge);
    expect((await fetch(url)).status).toBe(404);
    const connectTo = () => ({ host: '127.0.0.1', port });
    expect(await preflight(['192.0.2.1'], solver, { connectTo })).toEqual([]);
    const elsewhere = httpWebroot(join(folder.path, 'elsewhere'));
    expect(await preflight(['192.0.2.1'], elsewhere, { connectTo })).toMatchObject([
      { code: 'challenge-not-served', severity: 'error', message: expect.stringContaining('calls itself nginx') },
    ]);
  } finally {
    await nginx.stop();
  }
});

it('is not in its own way', async () => {
  const [port = 0] = await freePorts(1);
  const { solver } = await chooseSolver(undefined, names, { challengeRoot, port });
  await solver.prepare?.(names);
  try {
    const second = await chooseSolver(undefined, names, { challengeRoot, port });
    expect(second.solver.description).toBe(solver.description);
    expect(second.why).toBe(`keepgate itself listens on port ${port} already`);
  } finally {
    await solver.close?.();
  }
});

it('says who is in the way when it is not nginx', async () => {
  const [port = 0] = await freePorts(1);
  const listening = `require('net').createServer().listen(${port}, () => console.log('listening'));
    process.stdin.on('end', () => process.exit()).resume()`;
  const child = execa(process.execPath, ['-e', listening], { reject: false, stdin: 'pipe', buffer: false });
  try {
    await once(child.stdout, 'data');
    await expect(chooseSolver(undefined, names, { challengeRoot, port })).rejects.toMatchObject({
      diagnostic: { code: 'port-taken', message: `port ${port} is taken by node (pid ${child.pid})` },
    });
  } finally {
    child.stdin.end();
    await child;
  }
});

it.each([undefined, 'http-01', { webroot: '/srv' }, { standalone: {} }] as const)(
  'refuses a wildcard with %j, and says what to configure',
  async (choice) => {
    await expect(chooseSolver(choice, [...names, '*.example.com'], { challengeRoot })).rejects.toMatchObject({
      exitCode: 1,
      diagnostic: { code: 'wildcard-needs-dns', help: expect.stringContaining('{dns-01: {exec: ./hook}}') },
    });
  },
);

it.each(['192.0.2.1', '2001:db8::1'])('refuses the address %s over dns-01', async (address) => {
  await expect(
    chooseSolver({ 'dns-01': { exec: '/hook' } }, [...names, address], { challengeRoot }),
  ).rejects.toMatchObject({ exitCode: 1, diagnostic: { code: 'address-needs-http' } });
});

it('takes what was asked for', async () => {
  const described = async (choice: Parameters<typeof chooseSolver>[0]) =>
    (await chooseSolver(choice, names, { challengeRoot })).solver.description;
  expect(await described({ webroot: '/srv' })).toBe('http-01 through files below /srv');
  expect(await described({ standalone: { port: 8080 } })).toContain('port 8080');
  expect(await described({ 'dns-01': { exec: '/hook' } })).toBe('dns-01 through /hook');
  await expect(
    described({ 'dns-01': { rfc2136: { server: '192.0.2.1', zone: 'example.com', keyFile: '/nowhere' } } }),
  ).rejects.toMatchObject({ diagnostic: { code: 'tsig-key-not-usable' } });
});
