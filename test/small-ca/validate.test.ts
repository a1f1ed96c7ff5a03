import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import dnsPacket from 'dns-packet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { thumbprintOf } from './jws.ts';
import { type SmallCa, startSmallCa } from './start.ts';
import { type TinyClient, tinyClient } from './tiny-client.ts';

let ca: SmallCa;
let client: TinyClient;
const web = new Map<string, string>();
const txt = new Map<string, string>();

const server = createServer((request, response) => {
  const body = web.get(`${request.headers.host}${request.url}`);
  response.writeHead(body ? 200 : 404).end(body);
});
const dns = createSocket('udp4', (packet, { port, address }) => {
  const { id, questions = [] } = dnsPacket.decode(packet);
  const name = questions[0]?.name ?? '';
  const data = txt.get(name);
  const answers = data ? [{ type: 'TXT', name, data } as const] : [];
  dns.send(dnsPacket.encode({ type: 'response', ...(id ? { id } : {}), questions, answers }), port, address);
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  dns.bind(0, '127.0.0.1');
  await once(dns, 'listening');
  const validate = {
    httpPort: (server.address() as AddressInfo).port,
    dnsServer: `127.0.0.1:${dns.address().port}`,
  };
  ca = await startSmallCa({ now: () => new Date(), validate });
  client = tinyClient(ca);
  await client.register();
});

afterAll(async () => {
  client.close();
  server.close();
  dns.close();
  await ca.stop();
});

interface Authorization {
  readonly status: string;
  readonly challenges: { type: string; url: string; token: string; error?: { type: string } }[];
}

/** Orders the name, presents what `answer` makes of the key authorization, and polls to the end. */
async function attempt(name: string, type: 'http-01' | 'dns-01', answer: (keyAuthorization: string) => string) {
  const order = await client.post(`${client.base}/new-order`, { identifiers: [{ type: 'dns', value: name }] });
  const [url = ''] = order.json.authorizations as unknown as string[];
  const read = async () => (await client.post(url, '')).json as unknown as Authorization;
  const challenge = (await read()).challenges.find((one) => one.type === type);
  const jwk = client.key.export({ format: 'jwk' });
  const value = answer(`${challenge?.token}.${thumbprintOf(jwk)}`);
  web.set(`${name}/.well-known/acme-challenge/${challenge?.token}`, value);
  txt.set(`_acme-challenge.${name.replace('*.', '')}`, createHash('sha256').update(value).digest('base64url'));
  await client.post(challenge?.url ?? '', {});
  await expect.poll(async () => (await read()).status, { timeout: 20_000 }).not.toBe('pending');
  const { status, challenges } = await read();
  const error = challenges
    .find((one) => one.type === type)
    ?.error?.type.split(':')
    .at(-1);
  return error ? `${status}: ${error}` : status;
}

it('fetches the answer to http-01', async () => {
  expect(await attempt('a.example.com', 'http-01', (right) => right)).toBe('valid');
  expect(await attempt('b.example.com', 'http-01', (right) => `${right}x`)).toBe('invalid: unauthorized');
  expect(await attempt('c.example.com', 'http-01', () => '')).toBe('invalid: unauthorized');
});

it('looks up the answer to dns-01', async () => {
  expect(await attempt('d.example.com', 'dns-01', (right) => right)).toBe('valid');
  expect(await attempt('*.e.example.com', 'dns-01', (right) => right)).toBe('valid');
  expect(await attempt('f.example.com', 'dns-01', (right) => `${right}x`)).toBe('invalid: unauthorized');
});

it('says when nobody answers', async () => {
  ca.policy.validate = { httpPort: 1 };
  expect(await attempt('g.example.com', 'http-01', (right) => right)).toBe('invalid: connection');
});
