import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chooseSolver } from '../../src/acme/solvers/choose.ts';
import { freePorts } from '../../src/verify/ports.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keepgate-choose-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
  // Whatever it is, it is called nginx: that is what the kernel says of a program by that name.
  const [port = 0] = await freePorts(1);
  const program = join(folder, 'nginx');
  copyFileSync(process.execPath, program);
  chmodSync(program, 0o755);
  const listening = `require('net').createServer().listen(${port}, () => console.log('listening')); process.stdin.on('end', () => process.exit()).resume()`;
  const child = execa(program, ['-e', listening], { reject: false, stdin: 'pipe', buffer: false });
  try {
    await once(child.stdout, 'data');
    const { solver, why } = await chooseSolver(undefined, names, { challengeRoot, port });
    expect(why).toBe(`nginx (pid ${child.pid}) listens on port ${port}, and serves challenges from ${challengeRoot}`);
    expect(solver.description).toBe(`http-01 through files below ${challengeRoot}`);
  } finally {
    child.stdin.end();
    await child;
  }
});

it('says who is in the way when it is not nginx', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  try {
    await expect(chooseSolver(undefined, names, { challengeRoot, port })).rejects.toMatchObject({
      diagnostic: { code: 'port-taken', message: expect.stringContaining(`(pid ${process.pid})`) },
    });
  } finally {
    holder.close();
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
