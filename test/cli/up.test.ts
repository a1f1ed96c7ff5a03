/** What `keepgate up` refuses, and what its last look at the sites tells. The whole way is test/e2e/up.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { ensureSpec } from '../../src/cli/up/ensure-spec.ts';
import { probe } from '../../src/cli/up/probe.ts';
import type { Site } from '../../src/model/site.ts';
import type { NginxBinary } from '../../src/nginx/binary.ts';
import { chain } from '../ca.ts';
import { keepgateAt } from '../in-process.ts';
import { memory } from '../memory.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(memory(), 'keepgate-up-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('keepgate up', () => {
  const up = (...argv: string[]) => keepgateAt(['up', ...argv], { now: () => new Date(), cwd: folder });

  it.each([
    [['--host', 'a.example.com'], '--upstream'],
    [['--upstream', '127.0.0.1:8080'], '--host'],
    [['--host', 'a.example.com', '--upstream', '127.0.0.1:8080', 'other.yaml'], '--host'],
    [['--root', 'image'], 'root'],
  ])('%j is wrong usage', async (argv, word) => {
    const { exitCode, stderr } = await up(...argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(word);
  });

  it.each([
    ['b.example.com', 'http://127.0.0.1:9', 'has the upstream http://127.0.0.1:1, not http://127.0.0.1:9'],
    ['b.example.com', 'https://127.0.0.1:1', 'has the upstream http://127.0.0.1:1, not https://127.0.0.1:1'],
    ['named.example.com', '127.0.0.1:1', 'has the upstream pool, not http://127.0.0.1:1'],
    ['B.example.com', '127.0.0.1:1', ''],
    ['named.example.com', 'http://127.0.0.1:3/', ''],
    ['named.example.com', 'pool', ''],
    ['b.example.com', '1', ''],
    ['b.example.com', ':9', 'has the upstream http://127.0.0.1:1, not http://127.0.0.1:9'],
  ])('takes a spec with a site for %s for one with the upstream %s, or says: %s', async (host, upstream, words) => {
    const pool = 'upstreams: {pool: {servers: ["127.0.0.1:2", {address: "127.0.0.1:3"}]}}';
    const site = (name: string, to: string) => `  ${name}: {hosts: [${name}.example.com], upstream: "${to}"}\n`;
    const sites = `${site('b', 'http://127.0.0.1:1')}${site('named', 'pool')}`;
    writeFileSync(join(folder, 'keepgate.yaml'), `version: 1\n${pool}\nsites:\n${sites}`);
    const said: string[] = [];
    const io = { cwd: folder, env: {}, stderr: { write: (text: string) => said.push(text) } } as unknown as Io;
    const spec = { host: [host], upstream, agreeTos: false, standalone: false, format: 'text' as const };
    const never = () => Promise.reject(new Error('there is nothing to write'));
    const ensured = ensureSpec(spec, {} as NginxBinary, never, io);
    if (words === '') expect(await ensured).toBe(0);
    else
      await expect(ensured).rejects.toMatchObject({
        diagnostic: { code: 'spec-exists', message: expect.stringContaining(words) },
      });
    expect(said).toEqual([]);
  });
});

describe('the look at the sites', () => {
  let server: Server;
  let status = 200;
  const { leaf, fullchain } = chain(['api.example.com']);
  const siteAt = (port: number | string, certificate: string, hosts = ['api.example.com']) =>
    ({
      name: 'api',
      hosts,
      listen: {
        http: [],
        https: [{ address: typeof port === 'string' ? port : `127.0.0.1:${port}`, http2: true }],
        quic: [],
      },
      tls: { certificate },
    }) as unknown as Site;
  const portOf = () => (server.address() as AddressInfo).port;

  beforeEach(async () => {
    status = 200;
    writeFileSync(join(folder, 'fullchain.pem'), fullchain);
    writeFileSync(join(folder, 'other.pem'), chain(['api.example.com']).fullchain);
    server = createServer({ key: leaf.key, cert: fullchain }, (_, response) =>
      status === 0 ? response.destroy() : response.writeHead(status).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => server.close());

  it('says nothing but the status of a site that answers', async () => {
    const port = portOf();
    const expected = { host: 'api.example.com', address: '127.0.0.1', port, status: 200 };
    expect(await probe([siteAt(port, join(folder, 'fullchain.pem'))])).toEqual({ probes: [expected], diagnostics: [] });
  });

  it.each([502, 504])('warns of a backend that is silent (%i)', async (answer) => {
    status = answer;
    const { diagnostics } = await probe([siteAt(portOf(), join(folder, 'fullchain.pem'))]);
    expect(diagnostics).toMatchObject([{ code: 'probe-backend-silent', severity: 'warning' }]);
  });

  it('warns of a connection that is closed without an answer', async () => {
    status = 0;
    const { diagnostics, probes } = await probe([siteAt(portOf(), join(folder, 'fullchain.pem'))]);
    expect(diagnostics).toMatchObject([{ code: 'probe-no-answer', severity: 'warning' }]);
    expect(probes).toMatchObject([{ status: undefined }]);
  });

  it('goes to every socket of many', async () => {
    const sites = Array.from({ length: 45 }, () => siteAt(portOf(), join(folder, 'fullchain.pem')));
    const { diagnostics, probes } = await probe([...sites, siteAt(portOf(), join(folder, 'other.pem'))]);
    expect(probes.filter((one) => one.status === 200)).toHaveLength(45);
    expect(diagnostics.map(({ code }) => code)).toEqual(['probe-failed']);
  });

  it.each(['[::]:PORT', '[::1]:PORT'])('goes to a socket that is of IPv6 alone: %s', async (address) => {
    const six = createServer({ key: leaf.key, cert: fullchain }, (_, response) => response.writeHead(204).end());
    await new Promise<void>((resolve) => six.listen(0, '::1', resolve));
    const { port } = six.address() as AddressInfo;
    const seen = await probe([siteAt(address.replace('PORT', String(port)), join(folder, 'fullchain.pem'))]);
    six.close();
    expect(seen).toEqual({ probes: [{ host: 'api.example.com', address: '::1', port, status: 204 }], diagnostics: [] });
  });

  it.each([
    ['whose certificate is not there', 'none.pem', ['api.example.com']],
    ['of wildcards', 'fullchain.pem', ['*.example.com']],
  ])('names a site that it can not ask for: %s', async (_, file, hosts) => {
    const { diagnostics, probes } = await probe([siteAt(portOf(), join(folder, file), hosts)]);
    expect(probes).toEqual([]);
    expect(diagnostics).toMatchObject([
      { code: 'probe-skipped', severity: 'info', message: expect.stringContaining('api') },
    ]);
  });

  it('fails when another certificate is served', async () => {
    const { diagnostics } = await probe([siteAt(portOf(), join(folder, 'other.pem'))]);
    expect(diagnostics).toMatchObject([{ code: 'probe-failed', message: expect.stringContaining('another') }]);
  });

  it('fails when nobody answers', async () => {
    const port = portOf();
    await new Promise((resolve) => server.close(resolve));
    const { diagnostics, probes } = await probe([siteAt(port, join(folder, 'fullchain.pem'))]);
    expect(diagnostics).toMatchObject([{ code: 'probe-failed', message: expect.stringContaining('no handshake') }]);
    expect(probes).toMatchObject([{ status: undefined }]);
  });
});
