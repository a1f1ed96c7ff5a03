/** A stub of the public port and the API's four: the doctor finds each fault, and is silent on the healthy one. */
import { X509Certificate } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { examine } from '../../src/domino/doctor/examine.ts';
import type { Subject } from '../../src/domino/doctor/subject.ts';
import { installationOf } from '../../src/domino/installation.ts';
import type { JsonObject } from '../../src/domino/overlay.ts';
import { chain } from '../ca.ts';
import { Workplace } from '../cli/workplace.ts';

const host = 'domino.example.com';
const dates = { notBefore: new Date(Date.now() - 86_400_000) };
const own = chain([host], dates);
const other = chain(['other.example.com'], dates);
const open: Server[] = [];
const place = new Workplace();

afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((done) => server.close(done));
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push(server);
  return (server.address() as AddressInfo).port;
}
const plain = () => listen(createServer((socket) => socket.destroy()));
const pairOf = ({ fullchain, leaf }: typeof own) => ({ cert: fullchain, key: leaf.key });
const closed = async (): Promise<number> => {
  const port = await plain();
  await new Promise((done) => open.pop()?.close(done));
  return port;
};

interface Stub {
  readonly served?: { readonly cert: string; readonly key: string };
  readonly status?: number;
  readonly refusesOrigin?: boolean;
  readonly dataTls?: boolean;
  readonly openPort?: 'management' | 'metrics' | 'health' | 'data';
  readonly front?: 'closed';
  readonly data?: 'closed';
  readonly settings?: JsonObject;
  readonly ini?: (management: number) => string;
  readonly ownTls?: boolean;
  readonly more?: Partial<Subject>;
}

async function subjectOf(stub: Stub): Promise<Subject> {
  const { served = pairOf(own), status = 200, ownTls = false } = stub;
  const answer = (origin: string | undefined) => (origin !== undefined && stub.refusesOrigin ? 403 : status);
  const front = createHttps(served, (request, response) => response.writeHead(answer(request.headers.origin)).end());
  const httpsPort = stub.front === 'closed' ? await closed() : await listen(front);
  const dataServer = (stub.dataTls ?? false) ? createHttps(served) : createHttp((_, response) => response.end());
  const fromOutside = stub.more?.fromOutside ?? false;
  const data = ownTls
    ? httpsPort
    : stub.data === 'closed' || (fromOutside && stub.openPort !== 'data')
      ? await closed()
      : await listen(dataServer);
  const port = (name: string) => (stub.openPort === name ? plain() : closed());
  const ports = {
    data,
    management: await port('management'),
    metrics: await port('metrics'),
    health: await port('health'),
  };
  const settings = stub.settings ?? {
    CORS: { [`^https://domino\\.example\\.com:${httpsPort}$`]: true },
    bodyHandler: { bodyLimit: 1000 },
    httpIdleTimeout: 140,
    ...(ownTls && { TLSFile: '/local/notesdata/api.pfx', TLSType: 'pfx', TLSPassword: '' }),
  };
  const proxy = { hosts: [host], httpsPort, backend: '127.0.0.1', ports, bodyLimit: 1000, readTimeout: 150 };
  return {
    ...{ hosts: [host], address: '127.0.0.1', httpsPort, ports, fromOutside },
    installation: fromOutside ? undefined : installationOf({ overlays: [{ name: 'a.json', settings }] }),
    notesIni: fromOutside ? undefined : Buffer.from(stub.ini?.(ports.management) ?? ''),
    proxy: ownTls || fromOutside ? undefined : proxy,
    fingerprint: new X509Certificate(own.fullchain).fingerprint256,
    ...{ ca: own.root.certificate + other.root.certificate, timeLimit: 3000 },
    ...stub.more,
  };
}

const codesOf = async (stub: Stub): Promise<string[]> => (await examine(await subjectOf(stub))).map(({ code }) => code);
const outside = { fromOutside: true };
const urlOf = (scheme: string, name: string) => (port: number) =>
  `[Notes]\r\nKeepManagementURL=${scheme}://${name}:${port}\r\n`;

describe('domino doctor', () => {
  it.each<[string, Stub]>([
    ['behind a proxy', {}],
    ['behind a proxy, with the URL', { ini: urlOf('http', 'localhost') }],
    ['from outside', { more: outside }],
    ['with TLS of its own', { ownTls: true, ini: urlOf('https', host) }],
    ['with CORS as host names', { settings: { CORS: { '.example.com': true } } }],
  ])('is silent on a healthy one %s', async (_, stub) => {
    expect(await codesOf(stub)).toEqual([]);
  });

  const later = ['domino-certificate-outdated'];
  it.each<[string, Stub, string[]]>([
    ['management is open', { openPort: 'management', more: outside }, ['domino-port-open']],
    ['metrics is open', { openPort: 'metrics', more: outside }, ['domino-port-open']],
    ['health is open', { openPort: 'health', more: outside }, ['domino-port-open']],
    ['data is open past the proxy', { openPort: 'data', more: outside }, ['domino-port-open']],
    ['the data port is closed', { data: 'closed' }, ['domino-data-unreachable']],
    ['the data port speaks TLS', { dataTls: true }, ['domino-tls-on']],
    ['the public port is closed', { front: 'closed' }, ['domino-https-closed']],
    ["the certificate is another's", { served: pairOf(other) }, ['domino-chain-unverified', ...later]],
    ['the CA is not trusted', { more: { ca: undefined } }, ['domino-chain-unverified']],
    [
      'the chain is cut off',
      { served: { cert: own.leaf.certificate, key: own.leaf.key } },
      ['domino-chain-unverified'],
    ],
    [
      'the certificate is the one before',
      { served: pairOf(chain([host], dates)), more: {} },
      ['domino-chain-unverified', ...later],
    ],
    ['the proxy answers 502', { status: 502 }, ['domino-proxy-no-answer']],
    ['the API refuses the origin', { refusesOrigin: true }, ['domino-cors-refused']],
    ['CORS lacks the name', { settings: { CORS: { '^https://x$': true } } }, ['domino-cors-refused']],
    ['CORS says no', { settings: { CORS: { [host]: false } } }, ['domino-cors-refused']],
    [
      'the API takes larger bodies',
      { settings: { CORS: { [host]: true }, bodyHandler: { bodyLimit: -1 } } },
      ['domino-body-limit'],
    ],
    ['the API waits longer', { settings: { CORS: { [host]: true }, httpIdleTimeout: 150 } }, ['domino-timeout-short']],
    ['TLS without the URL', { ownTls: true }, ['domino-management-url']],
    ['TLS, and http in the URL', { ownTls: true, ini: urlOf('http', host) }, ['domino-management-url']],
    ['TLS, and localhost in the URL', { ownTls: true, ini: urlOf('https', 'localhost') }, ['domino-management-url']],
    [
      'another port in the URL',
      { ownTls: true, ini: () => `KeepManagementURL=https://${host}:1\n` },
      ['domino-management-url'],
    ],
    ['the URL twice', { ini: (port) => urlOf('http', 'localhost')(port).repeat(2) }, ['domino-management-url']],
    ['https without TLS', { ini: urlOf('https', host) }, ['domino-management-url']],
  ])('finds that %s', async (_, stub, codes) => {
    expect(await codesOf(stub)).toEqual(codes);
  });

  it('is a command, with the findings of check and its exit codes', async () => {
    const { httpsPort, ports } = await subjectOf({ ownTls: true });
    place.write('ca.pem', own.root.certificate);
    const settings = {
      PORT: ports.data,
      MANAGMENTPORT: ports.management,
      TLSFile: '/x.pfx',
      TLSType: 'pfx',
      TLSPassword: '',
    };
    place.write('data/keepconfig.d/tls.json', JSON.stringify(settings));
    place.write('data/notes.ini', urlOf('https', host)(ports.management));
    const args = [
      'domino',
      'doctor',
      '--host',
      host,
      '--address',
      '127.0.0.1',
      '--data',
      'data',
      '--ca-file',
      'ca.pem',
    ];
    expect(await place.keepgate(args)).toMatchObject({ exitCode: 0, stderr: '' });
    place.write('data/notes.ini', urlOf('http', 'localhost')(ports.management));
    const run = await place.keepgate([...args, '--format', 'json', '--https-port', String(httpsPort)]);
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout).diagnostics).toMatchObject([{ code: 'domino-management-url', severity: 'error' }]);
  });
});
