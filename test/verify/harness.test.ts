import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { inspectNginx } from '../../src/nginx/binary.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { type Gate, type GateOptions, startGate } from '../../src/verify/harness.ts';
import { chain } from '../ca.ts';
import { nginxOf, parts, type Suite, suites } from '../parts.ts';
import { httpRequest } from '../wire/http1.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered } from '../wire/message.ts';

let gate: Gate | undefined;
afterEach(async () => {
  await gate?.stop();
  gate = undefined;
});

async function options(text: string, suite: Suite = 'bookworm'): Promise<GateOptions> {
  const { spec, places, diagnostics } = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(text) }]);
  expect(diagnostics).toEqual([]);
  if (spec === undefined) throw new Error('no spec');
  return { nginx: await inspectNginx(nginxOf(suite)), spec, places };
}

const spec = `
version: 1
nginx: {resolver: [192.0.2.53]}
defaults:
  listen: {http: 8000}
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8880
    routes:
      /secure: https://backend.example.net:8443
  other:
    hosts: [other.example.com]
    listen: {https: 9443}
    upstream: http://192.0.2.1:8890
`;

describe.each(suites)('a spec in nginx of %s', (suite) => {
  it('is served with stubs for its backends', async () => {
    gate = await startGate(await options(spec, suite));
    const { port, backend, backends, certificates } = gate;
    expect([...backends.keys()]).toEqual(['127.0.0.1:8880', 'backend.example.net:8443', '192.0.2.1:8890']);
    const api = { port: port(443), servername: 'api.example.com', ca: certificates.get('api')?.certificate ?? '' };
    const response = answered(await httpsRequest({ ...api, path: '/a%2Fb' }));
    expect(response.status).toBe(200);
    expect(backend('127.0.0.1:8880').requests.map(({ url }) => url)).toEqual(['/a%2Fb']);
    expect(response.tls.certificate.subjectaltname).toBe('DNS:api.example.com');

    expect(answered(await httpsRequest({ ...api, path: '/secure' })).status).toBe(200);
    expect(backend('backend.example.net:8443').requests).toHaveLength(1);

    const other = {
      port: port(9443),
      servername: 'other.example.com',
      ca: certificates.get('other')?.certificate ?? '',
    };
    expect(answered(await httpsRequest(other)).status).toBe(200);
    expect(backend('192.0.2.1:8890').requests).toHaveLength(1);

    const clear = answered(await httpRequest({ port: port(8000), host: 'other.example.com', path: '/x' }));
    expect(clear.status).toBe(308);
    expect(clear.headers.get('location')).toBe(`https://other.example.com:${port(9443)}/x`);

    const challenge = '.well-known/acme-challenge/token';
    mkdirSync(join(gate.challengeRoot, dirname(challenge)), { recursive: true });
    writeFileSync(join(gate.challengeRoot, challenge), 'proof');
    const served = answered(await httpRequest({ port: port(8000), host: 'api.example.com', path: `/${challenge}` }));
    expect(served.body.toString()).toBe('proof');

    await backend('127.0.0.1:8880').close();
    expect(answered(await httpsRequest(api)).status).toBe(502);

    await gate.stop();
    await gate.stop();
    expect(existsSync(gate.challengeRoot)).toBe(false);
    await expect(httpRequest({ port: port(8000) })).rejects.toThrow('ECONNREFUSED');
  });
});

it('shows the certificates that it is given', async () => {
  const { root, leaf, fullchain } = chain(['api.example.com', 'other.example.com']);
  const certificateFor = () => ({ certificate: fullchain, key: leaf.key });
  gate = await startGate({ ...(await options(spec)), certificateFor, workers: 1 });
  const request = { port: gate.port(443), servername: 'api.example.com', ca: root.certificate };
  expect(answered(await httpsRequest(request)).status).toBe(200);
  const workers = async () => (await gate?.nginx.errorLog())?.match(/start worker process \d/g);
  await expect.poll(workers, { timeout: 20_000 }).toHaveLength(1);
});

it('names what there is when it is asked for something else', async () => {
  const { port, backend } = await startGate(await options(spec)).then((started) => {
    gate = started;
    return started;
  });
  expect(() => port(80)).toThrow('no listening port 80; there are: 8000, 443, 9443');
  expect(() => backend('127.0.0.1:1')).toThrow('no backend 127.0.0.1:1; there are: 127.0.0.1:8880');
});

it('refuses a spec with a mistake', async () => {
  const wrong = await options('{version: 1, sites: {a: {hosts: [a.example], upstream: nowhere}}}');
  await expect(startGate(wrong)).rejects.toMatchObject({ exitCode: 1, diagnostic: { site: 'a' } });
});

it('cleans up after an nginx that does not start', async () => {
  const given = await options(
    '{version: 1, sites: {a: {hosts: [a.example], upstream: "http://127.0.0.1:8", raw: "nonsense;"}}}',
  );
  await expect(startGate({ ...given, allowRaw: true })).rejects.toThrow('unknown directive "nonsense"');
  const binary = await inspectNginx(parts.nginx.bookworm);
  await expect(startGate({ ...given, nginx: binary })).rejects.toMatchObject({ exitCode: 1 });
});
