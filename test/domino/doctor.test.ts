/** A stub of the public port and the API's four: the doctor finds each fault, and is silent on the healthy one. */
import { X509Certificate } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
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

async function listen(server: Server, address = '127.0.0.1'): Promise<number> {
  await new Promise<void>((done) => server.listen(0, address, done));
  open.push(server);
  return (server.address() as AddressInfo).port;
}
const plain = (address?: string) =>
  listen(
    createServer((socket) => socket.destroy()),
    address,
  );
const pairOf = ({ fullchain, leaf }: typeof own) => ({ cert: fullchain, key: leaf.key });
const closed = async (): Promise<number> => {
  const port = await plain();
  await new Promise((done) => open.pop()?.close(done));
  return port;
};

interface Stub {
  readonly served?: { readonly cert: string; readonly key: string };
  readonly status?: number;
  /** What the Origin that is refused begins with. */
  readonly refusesOrigin?: string;
  readonly dataTls?: boolean;
  readonly openPort?: 'management' | 'metrics' | 'health' | 'data' | 'event';
  /** Where the open port and the data port listen. */
  readonly listensOn?: string;
  readonly proxyTls?: boolean;
  readonly backend?: string;
  /** Of the proxy, in seconds. */
  readonly readTimeout?: number;
  readonly front?: 'closed';
  readonly data?: 'closed';
  readonly settings?: JsonObject;
  readonly ini?: (management: number) => string;
  readonly ownTls?: boolean;
  readonly more?: Partial<Subject>;
}

async function subjectOf(stub: Stub): Promise<Subject> {
  const { served = pairOf(own), status = 200, ownTls = false } = stub;
  const { refusesOrigin: refused } = stub;
  const answer = (origin = '') => (refused !== undefined && origin.startsWith(refused) ? 403 : status);
  const front = createHttps(served, (request, response) => response.writeHead(answer(request.headers.origin)).end());
  const httpsPort = stub.front === 'closed' ? await closed() : await listen(front);
  const dataServer = (stub.dataTls ?? false) ? createHttps(served) : createHttp((_, response) => response.end());
  const fromOutside = stub.more?.fromOutside ?? false;
  const data = ownTls
    ? httpsPort
    : stub.data === 'closed' || (fromOutside && stub.openPort !== 'data')
      ? await closed()
      : await listen(dataServer, stub.listensOn);
  const port = (name: string) => (stub.openPort === name ? plain(stub.listensOn) : closed());
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
  const { proxyTls: tls = false, backend = '127.0.0.1', readTimeout = 150 } = stub;
  const proxy = { hosts: [host], httpsPort, backend, tls, ports, bodyLimit: 1000, readTimeout };
  return {
    ...{ hosts: [host], address: '127.0.0.1', httpsPort, ports, eventPort: await port('event'), fromOutside },
    installation: fromOutside ? undefined : installationOf({ overlays: [{ name: 'a.json', settings }] }),
    keyStore: undefined,
    notesIni: fromOutside ? undefined : Buffer.from(stub.ini?.(ports.management) ?? ''),
    proxy: ownTls || fromOutside ? undefined : proxy,
    fingerprints: [new X509Certificate(own.fullchain).fingerprint256],
    // Stands for the address that others reach this machine by.
    ownAddresses: ['127.0.0.2'],
    ...{ ca: own.root.certificate + other.root.certificate, timeLimit: 30_000 },
    ...stub.more,
  };
}

const codesOf = async (stub: Stub): Promise<string[]> => (await examine(await subjectOf(stub))).map(({ code }) => code);
const outside = { fromOutside: true };
const urlOf = (scheme: string, name: string) => (port: number) =>
  `[Notes]\r\nKeepManagementURL=${scheme}://${name}:${port}\r\n`;

const withTls = { CORS: { [host]: true }, TLSFile: '/x.pfx', TLSType: 'pfx', TLSPassword: '' };

const leafOf = ({ fullchain }: typeof own) => new X509Certificate(fullchain);
const renewed = leafOf(chain([host], dates));
const right = { leaf: leafOf(own), diagnostics: [] };
const wrong = { diagnostics: [{ code: 'domino-key-store', severity: 'error', message: '', help: '' }] as const };
/** Where something listens on the usual data port. */
const usual = '127.77.0.1';
beforeAll(async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(8880, usual, done));
  return () => new Promise((done) => server.close(done));
});

const second = 'second.example.com';
const both = chain([host, second], dates);
const two = { hosts: [host, '*.example.org', second] as const };
const allowed: Stub = { settings: { CORS: { '.example.com': true } } };

describe('domino doctor', () => {
  it.each<[string, Stub]>([
    ['behind a proxy', {}],
    ['behind a proxy, with the URL', { ini: urlOf('http', 'localhost') }],
    ['from outside', { more: outside }],
    ['with TLS of its own', { ownTls: true, ini: urlOf('https', host) }],
    ['with TLS on both sides', { dataTls: true, proxyTls: true, settings: withTls, ini: urlOf('https', host) }],
    [
      'with the proxy on another machine, so that the ports have to listen',
      { listensOn: '0.0.0.0', openPort: 'health', backend: '0.0.0.0' },
    ],
    [
      'with a second name',
      { ...allowed, served: pairOf(both), more: { ...two, ca: both.root.certificate, fingerprints: [] } },
    ],
    ['with a proxy that waits just long enough', { ...allowed, readTimeout: 121 }],
    ['with CORS as host names', { settings: { CORS: { '.example.com': true } } }],
  ])('is silent on a healthy one %s', async (_, stub) => {
    expect(await codesOf(stub)).toEqual([]);
  });

  const exposedAndClosed = ['domino-port-exposed', 'domino-data-unreachable'];
  const later = ['domino-certificate-outdated'];
  it.each<[string, Stub, string[]]>([
    ['management is open', { openPort: 'management', more: outside }, ['domino-port-open']],
    ['metrics is open', { openPort: 'metrics', more: outside }, ['domino-port-open']],
    ['the event port is open', { openPort: 'event', more: outside }, ['domino-port-open']],
    ['health is open', { openPort: 'health', more: outside }, ['domino-port-open']],
    ['data is open past the proxy', { openPort: 'data', more: outside }, ['domino-port-open']],
    ['ports listen on every address', { listensOn: '0.0.0.0' }, ['domino-port-exposed']],
    ['one port does', { listensOn: '0.0.0.0', openPort: 'management', data: 'closed' }, exposedAndClosed],
    ['the data port is closed', { data: 'closed' }, ['domino-data-unreachable']],
    ['the data port speaks TLS', { dataTls: true }, ['domino-tls-on']],
    [
      'the data port speaks no TLS',
      { proxyTls: true, settings: withTls, ini: urlOf('https', host) },
      ['domino-tls-off'],
    ],
    [
      'TLS is not effective yet',
      { settings: withTls, ini: urlOf('https', host), more: { proxy: undefined } },
      ['domino-tls-not-effective'],
    ],
    [
      'TLS is not effective yet, and the key store is right',
      { settings: withTls, ini: urlOf('https', host), more: { proxy: undefined, keyStore: right } },
      ['domino-not-restarted'],
    ],
    [
      'TLS is not effective, since the key store is wrong',
      { settings: withTls, ini: urlOf('https', host), more: { proxy: undefined, keyStore: wrong } },
      ['domino-tls-not-effective', 'domino-key-store'],
    ],
    [
      'the key store is wrong, which a restart will show',
      { ownTls: true, ini: urlOf('https', host), more: { keyStore: wrong } },
      ['domino-key-store'],
    ],
    [
      'the key store has a newer certificate, which is that of the store',
      {
        ...{ ownTls: true, ini: urlOf('https', host) },
        more: { keyStore: { leaf: renewed, diagnostics: [] }, fingerprints: [renewed.fingerprint256] },
      },
      ['domino-not-restarted'],
    ],
    [
      'the key store has not the certificate of the store, either',
      { ownTls: true, ini: urlOf('https', host), more: { keyStore: right, fingerprints: [renewed.fingerprint256] } },
      later,
    ],
    ['TLS is on still', { dataTls: true, more: { proxy: undefined } }, ['domino-not-restarted']],
    [
      'ports listen on every address still',
      { listensOn: '0.0.0.0', settings: { CORS: { [host]: true }, HOST: '127.0.0.1' } },
      ['domino-not-restarted'],
    ],
    [
      'the API refuses an origin that its settings allow',
      { refusesOrigin: 'https://', ...allowed },
      ['domino-not-restarted'],
    ],
    [
      'PORT is another one, and it listens on the usual one still',
      { ...allowed, data: 'closed', settings: { CORS: { [host]: true }, HOST: usual, PORT: 9880 }, backend: usual },
      ['domino-not-restarted'],
    ],
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
    ['the API refuses the origin', { refusesOrigin: 'https://', more: outside }, ['domino-cors-refused']],
    ['CORS lacks the name', { settings: { CORS: { '^https://x$': true } } }, ['domino-cors-refused']],
    ['CORS says no', { settings: { CORS: { [host]: false } } }, ['domino-cors-refused']],
    [
      'the API takes larger bodies',
      { settings: { CORS: { [host]: true }, bodyHandler: { bodyLimit: -1 } } },
      ['domino-body-limit'],
    ],
    ['the API waits longer', { settings: { CORS: { [host]: true }, httpIdleTimeout: 150 } }, ['domino-timeout-short']],
    [
      'its threads take longer',
      { settings: { CORS: { [host]: true }, verticles: { a: { threadTimeout: 1 }, b: { threadTimeout: 149_001 } } } },
      ['domino-timeout-short'],
    ],
    ['the proxy waits less than the API by default', { ...allowed, readTimeout: 120 }, ['domino-timeout-short']],
    ['the API never gives up', { settings: { CORS: { [host]: true }, httpIdleTimeout: 0 } }, ['domino-timeout-short']],
    ['the certificate is not for another of the names', { ...allowed, more: two }, ['domino-chain-unverified']],
    [
      'the certificate is the one before for another of the names',
      { ...allowed, served: pairOf(chain([host], dates)), more: { ...two, ca: undefined } },
      ['domino-chain-unverified', 'domino-chain-unverified', ...later, ...later],
    ],
    [
      'the API refuses the origin of another of the names',
      {
        ...allowed,
        served: pairOf(both),
        refusesOrigin: 'https://second.',
        more: { ...two, ca: both.root.certificate },
      },
      [...later, ...later, 'domino-not-restarted'],
    ],
    [
      'the URL has a name that the certificate is not for',
      { ownTls: true, ini: urlOf('https', 'second.example.com') },
      ['domino-management-url'],
    ],
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
    place.write('ca.pem', own.root.certificate + other.root.certificate);
    place.write('key.pem', own.leaf.key, 0o600);
    place.write('chain.pem', own.fullchain);
    const files = { TLSFile: join(place.folder, 'key.pem'), PEMCert: join(place.folder, 'chain.pem') };
    const more = { ...files, TLSType: 'pem', TLSPassword: '' };
    const settings = { PORT: ports.data, MANAGMENTPORT: ports.management, ...more };
    place.write('data/keepconfig.d/tls.json', JSON.stringify(settings));
    place.write('data/notes.ini', urlOf('https', host)(ports.management));
    const args = [
      '--host',
      host,
      '--address',
      '127.0.0.1',
      '--data',
      'data',
      '--ca-file',
      'ca.pem',
      '--store',
      'certs',
    ];
    const doctor = (...given: string[]) => place.keepgate(['domino', 'doctor', ...args, ...given]);
    expect(await doctor()).toMatchObject({ exitCode: 0, stderr: '' });
    place.write('data/notes.ini', urlOf('http', 'localhost')(ports.management));
    const run = await doctor('--format', 'json', '--https-port', String(httpsPort));
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout).diagnostics).toMatchObject([{ code: 'domino-management-url', severity: 'error' }]);
    expect(await doctor('--timeout', 'x')).toMatchObject({ exitCode: 2 });

    place.write('data/notes.ini', urlOf('https', host)(ports.management));
    const anew = chain([host], dates);
    place.write('key.pem', anew.leaf.key, 0o600);
    expect((await doctor()).stdout).toContain('error domino-key-store: no certificate in ');
    place.write('chain.pem', anew.fullchain);
    expect((await doctor()).stdout).toContain(
      `error domino-not-restarted: the data port ${ports.data} serves another certificate than its key store has`,
    );
  });

  it("trusts the system's CAs", async () => {
    const { httpsPort } = await subjectOf({ ownTls: true });
    const ca = place.write('system.pem', own.root.certificate);
    const args = ['domino', 'doctor', '--from-outside', '--host', host, '--address', '127.0.0.1'];
    const doctor = (env: Record<string, string>) =>
      place.keepgate([...args, '--https-port', String(httpsPort)], { env });
    const codes = async (env: Record<string, string>) =>
      Array.from((await doctor(env)).stdout.matchAll(/ (domino-chain\S+):/g), ([, code]) => code);
    expect(await codes({})).toEqual(['domino-chain-unverified']);
    expect(await codes({ SSL_CERT_FILE: ca })).toEqual([]);
  });

  it("looks for the host's certificates in the store of the spec, or for the named one", async () => {
    const { httpsPort, ports } = await subjectOf({});
    const renewed = chain([host], dates);
    place.write('renewed.pem', renewed.fullchain + renewed.leaf.key, 0o600);
    place.write('others.pem', other.fullchain + other.leaf.key, 0o600);
    const enter = (file: string, name: string) =>
      place.keepgate(['cert', 'import', file, '--name', name, '--store', 'of-spec']);
    place.write('ca.pem', own.root.certificate);
    place.write('spec.yaml', specOf(httpsPort, ports));
    const args = ['domino', 'doctor', 'spec.yaml', '--address', '127.0.0.1', '--ca-file', 'ca.pem', '--format', 'json'];
    const codes = async (...more: string[]) => {
      const { stdout } = await place.keepgate([...args, ...more]);
      return JSON.parse(stdout).diagnostics.map(({ code }: { code: string }) => code);
    };
    await enter('others.pem', 'others');
    expect(await codes()).toEqual([]);
    await enter('renewed.pem', 'renewed');
    expect(await codes()).toEqual(['domino-certificate-outdated']);
    expect(await codes('--store', 'empty')).toEqual([]);
    expect(await codes('--name', 'others')).toEqual(['domino-certificate-outdated']);
    const unknown = await place.keepgate([...args, '--name', 'nothing']);
    expect(unknown).toMatchObject({ exitCode: 2 });
    place.write('all.pem', own.fullchain + own.leaf.key, 0o600);
    await enter('all.pem', 'renewed');
    expect(await codes()).toEqual([]);
  });

  it('finds from outside what is open, with the ports of the spec', async () => {
    const { httpsPort, ports } = await subjectOf({ openPort: 'management', more: outside });
    place.write('ca.pem', own.root.certificate);
    place.write('spec.yaml', specOf(httpsPort, ports));
    const args = ['domino', 'doctor', '--from-outside', '--address', '127.0.0.1', '--ca-file', 'ca.pem'];
    const run = await place.keepgate([...args, 'spec.yaml']);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain(
      `error domino-port-open: the management port ${ports.management} is open to the outside`,
    );
    // Without notes.ini it is the usual event port, where something else of this machine may listen.
    expect(run.stdout.match(/ domino-port-open: the (?!event)/g)).toHaveLength(1);
  });
});

function specOf(https: number, ports: Subject['ports']): string {
  const preset = { name: 'domino-rest-api', ports };
  const site = { hosts: [host], preset, bodyLimit: '1k', listen: { https } };
  return JSON.stringify({ version: 1, acme: { store: join(place.folder, 'of-spec') }, sites: { domino: site } });
}
