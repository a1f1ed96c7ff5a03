/** What `keepgate up` refuses, and what its last look at the sites tells. The whole way is test/e2e/up.test.ts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probe } from '../../src/cli/up/probe.ts';
import type { Site } from '../../src/model/site.ts';
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
  ])('%j is wrong usage', async (argv, word) => {
    const { exitCode, stderr } = await up(...argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(word);
  });

  it('leaves a spec that is for other hosts as it is', async () => {
    const path = join(folder, 'keepgate.yaml');
    const text = 'version: 1\nsites:\n  b: {hosts: [b.example.com], upstream: "http://127.0.0.1:1"}\n';
    writeFileSync(path, text);
    const { exitCode, stderr } = await up('--host', 'a.example.com', '--upstream', '127.0.0.1:8080');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('spec-exists') });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('the look at the sites', () => {
  let server: Server;
  let status = 200;
  const { leaf, fullchain } = chain(['api.example.com']);
  const siteAt = (port: number, certificate: string) =>
    ({
      hosts: ['api.example.com'],
      listen: { http: [], https: [{ address: `127.0.0.1:${port}`, http2: true }], quic: [] },
      tls: { certificate },
    }) as unknown as Site;
  const portOf = () => (server.address() as AddressInfo).port;

  beforeEach(async () => {
    status = 200;
    writeFileSync(join(folder, 'fullchain.pem'), fullchain);
    writeFileSync(join(folder, 'other.pem'), chain(['api.example.com']).fullchain);
    server = createServer({ key: leaf.key, cert: fullchain }, (_, response) => response.writeHead(status).end());
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
