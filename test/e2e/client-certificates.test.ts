/** Mutual TLS, and the ways around it: another site's name, connection or session. */
import { constants } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Gate } from '../../src/verify/harness.ts';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { issue } from '../ca.ts';
import { parts, suites } from '../parts.ts';
import { http2Request } from '../wire/http2.ts';
import { http3Request } from '../wire/http3.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered } from '../wire/message.ts';
import { connectTls } from '../wire/tls.ts';
import { webSocketEcho } from '../wire/websocket.ts';
import { clientOf, echoed, gateFor, valuesOf } from './gate.ts';

const folder = throwawayFolder();
afterAll(() => folder.remove());

/** A CA in a file, and the certificate of a client that it signed. */
function authority(name: string) {
  const ca = issue({ commonName: `${name} clients`, kind: 'authority' });
  const file = join(folder.path, `${name}.pem`);
  writeFileSync(file, ca.certificate);
  const client = issue({ commonName: `a client of ${name}`, kind: 'client', issuer: ca });
  return { file, client: { cert: client.certificate, key: client.key } };
}
const one = authority('one');
const two = authority('two');
const stranger = authority('stranger');

const spec = `
version: 1
defaults: {http3: true}
sites:
  open:
    hosts: [open.example.com]
    upstream: http://127.0.0.1:8880
  one:
    hosts: [one.example.com, www.one.example.com]
    canonicalHost: one.example.com
    upstream: http://127.0.0.1:8881
    routes: {/own: {headers: {request: {X-Own: y}}}}
    tls: {clientAuth: {ca: ${one.file}}}
  two:
    hosts: [two.example.com]
    upstream: http://127.0.0.1:8882
    tls: {clientAuth: {ca: ${two.file}, verify: required}}
  some:
    hosts: [some.example.com]
    upstream: http://127.0.0.1:8883
    tls: {clientAuth: {ca: ${one.file}, verify: optional}}
`;

/**
 * An nginx that has made a session its own hangs up, asks for a certificate after all, or says that the request is
 * misdirected, as it suits its OpenSSL.
 */
const refusals = ['handshake', 400, 421];

const versions = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof versions)[number];

/** How a TLS session can be resumed: a ticket of the server, or an ID that it looks up. */
const resumptions: readonly { name: string; version: Version; secureOptions: number }[] = [
  { name: 'a TLS 1.2 ticket', version: 'TLSv1.2', secureOptions: 0 },
  { name: 'a TLS 1.2 session ID', version: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET },
  { name: 'a TLS 1.3 ticket', version: 'TLSv1.3', secureOptions: 0 },
];

describe.each(suites)('nginx of %s', (suite) => {
  const gate = gateFor(suite, spec, { workers: 1 });
  const client = (site: string, version?: Version) => ({
    ...clientOf(gate(), site, `${site}.example.com`),
    ...(version && { minVersion: version, maxVersion: version }),
  });
  const status = async (options: Parameters<typeof httpsRequest>[0]) => {
    const outcome = await httpsRequest(options);
    return 'refused' in outcome ? outcome.refused : outcome.status;
  };
  /** Where sessions are not kept apart, keepgate switches them off beside client certificates. */
  const keptApart = suite === 'forky';
  /** How many requests the backends of the sites with client certificates have seen. */
  const reached = () => ['127.0.0.1:8881', '127.0.0.1:8882'].map((address) => gate().backend(address).requests.length);

  describe.each(versions)('in %s', (version) => {
    it('asks for a certificate of the right CA', async () => {
      expect(await status({ ...client('one', version), ...one.client })).toBe(200);
      expect(await status({ ...client('two', version), ...two.client })).toBe(200);
      expect(await status({ ...client('open', version), ...one.client })).toBe(200);
      const seen = reached();
      expect(await status(client('one', version))).toBe(400);
      expect(await status({ ...client('one', version), ...two.client })).toBe(400);
      expect(await status({ ...client('two', version), ...one.client })).toBe(400);
      expect(await status({ ...client('two', version), ...stranger.client })).toBe(400);
      expect(reached()).toEqual(seen);
    });

    it('takes none where it is optional, but no wrong one', async () => {
      expect(await status(client('some', version))).toBe(200);
      expect(await status({ ...client('some', version), ...one.client })).toBe(200);
      expect(await status({ ...client('some', version), ...stranger.client })).toBe(400);
    });

    it('tells the backend who showed which, whatever the client says', async () => {
      const lies = { 'X-SSL-Client-Verify': 'SUCCESS', 'x-ssl-client-s-dn': ['CN=root', 'CN=admin'] };
      const seen = async (site: string, shown = {}, path = '/') => {
        const request = echoed(
          answered(await httpsRequest({ ...client(site, version), ...shown, path, headers: lies })),
        );
        return ['X-SSL-Client-Verify', 'X-SSL-Client-S-DN'].map((name) => valuesOf(request, name));
      };
      const known = [['SUCCESS'], ['CN=a client of one,O=keepgate tests']];
      expect(await seen('one', one.client)).toEqual(known);
      expect(await seen('one', one.client, '/own')).toEqual(known);
      expect(await seen('some', one.client)).toEqual(known);
      expect(await seen('some')).toEqual([['NONE'], []]);
      expect(await seen('open')).toEqual([[], []]);
      expect(await seen('open', one.client)).toEqual([[], []]);
    });

    it.each([
      ['open', 'one', {}],
      ['open', 'one', one.client],
      ['open', 'two', two.client],
      ['one', 'two', one.client],
      ['two', 'one', two.client],
      ['some', 'one', {}],
      ['some', 'one', one.client],
    ] as const)('after the name of %s refuses the Host of %s', async (name, host, shown) => {
      const seen = reached();
      const request = { ...client(name, version), ...shown, host: `${host}.example.com` };
      expect(await status(request)).toBe(421);
      const overHttp2 = answered(await http2Request(request));
      expect(overHttp2.status).toBe(421);
      const socket = answered(await webSocketEcho({ ...request, message: 'x' }));
      expect(socket.status).toBe(421);
      expect(reached()).toEqual(seen);
    });

    it('refuses another Host later in a connection, and goes on with the first', async () => {
      const seen = reached();
      const socket = await connectTls({ ...client('open', version), alpn: ['h2'] });
      if ('refused' in socket) throw new Error(socket.refused);
      const session = connect('https://127.0.0.1', { createConnection: () => socket });
      const asked = async (site: string) => {
        const stream = session.request({ ':authority': `${site}.example.com` });
        const [headers] = await once(stream, 'response');
        stream.close();
        return headers[':status'];
      };
      expect(await asked('open')).toBe(200);
      expect(await asked('one')).toBe(421);
      expect(await asked('two')).toBe(421);
      expect(await asked('open')).toBe(200);
      session.destroy();
      expect(reached()).toEqual(seen);
    });

    it('after no name or an unknown one lets nobody through', async () => {
      const seen = reached();
      const { port } = client('one');
      for (const servername of [false, 'unknown.example'] as const) {
        const request = { port, servername, minVersion: version, maxVersion: version, host: 'one.example.com' };
        expect(refusals).toContain(await status({ ...request, ...one.client }));
        expect(refusals).toContain(await status(request));
      }
      expect(reached()).toEqual(seen);
    });

    it('asks under a name that only redirects, too', async () => {
      const { port } = client('one');
      const request = { port, servername: 'www.one.example.com', minVersion: version, maxVersion: version };
      expect(await status(request)).toBe(400);
      expect(await status({ ...request, ...one.client })).toBe(308);
    });
  });

  describe.each(resumptions)('a session resumed by $name', ({ version, secureOptions }) => {
    const from = (site: string, shown = {}) => ({ ...client(site, version), secureOptions, ...shown });
    const sessionOf = async (options: ReturnType<typeof from>) => {
      const { session } = answered(await httpsRequest(options));
      if (session === undefined) throw new Error('the server made no session');
      return session;
    };

    it.each([
      ['open', 'one', {}],
      ['open', 'two', {}],
      ['some', 'one', {}],
      ['one', 'two', one.client],
      ['two', 'one', two.client],
      ['some', 'two', one.client],
    ] as const)('of %s opens nothing of %s', async (first, second, shown) => {
      const session = await sessionOf(from(first, shown));
      const seen = reached();
      // The client shows nothing: all that could speak for it is the session.
      expect(await status({ ...from(second), session })).toBe(400);
      // And with another site's certificate at hand.
      expect(await status({ ...from(second, shown), session })).toBe(400);
      // Nor under the first name with the second's Host.
      expect(await status({ ...from(first, shown), session, host: `${second}.example.com` })).toBe(421);
      expect(reached()).toEqual(seen);
    });

    it.each([
      ['open', 'one'],
      ['one', 'open'],
      ['one', 'two'],
      ['two', 'one'],
      ['some', 'one'],
      ['open', 'some'],
    ] as const)('of %s is no hindrance at %s for who may go there', async (first, second) => {
      const shown = { open: {}, some: {}, one: one.client, two: two.client };
      const session = await sessionOf(from(first, shown[first]));
      const again = answered(await httpsRequest({ ...from(second, shown[second]), session }));
      expect(again).toMatchObject({ status: 200, tls: { resumed: false } });
    });

    it('opens the site that it was made with', async () => {
      const session = await sessionOf(from('one', one.client));
      expect(await status({ ...from('one', one.client), session })).toBe(200);
      const open = { ...from('open'), session: await sessionOf(from('open')) };
      expect(answered(await httpsRequest(open)).tls.resumed).toBe(keptApart);
    });
  });

  describe.runIf(suite === 'trixie' || suite === 'forky')('over HTTP/3', () => {
    const request = (site: string) => ({
      curl: parts.curl,
      port: client(site).port,
      servername: `${site}.example.com`,
    });

    it('asks for a certificate', async () => {
      expect(answered(await http3Request(request('open'))).status).toBe(200);
      const seen = reached();
      expect(answered(await http3Request(request('one'))).status).toBe(400);
      expect(reached()).toEqual(seen);
    });

    it("refuses the Host of another after a site's name", async () => {
      const seen = reached();
      const headers = { Host: 'one.example.com' };
      expect(answered(await http3Request({ ...request('open'), headers })).status).toBe(421);
      expect(answered(await http3Request({ ...request('some'), headers })).status).toBe(421);
      expect(reached()).toEqual(seen);
    });
  });
});

/** A client that knows how to resume one session, and only that. */
function resuming({ version, secureOptions }: (typeof resumptions)[number], gate: Gate) {
  const options = (site: string) => ({
    ...clientOf(gate, site, `${site}.example.com`),
    minVersion: version,
    maxVersion: version,
    secureOptions,
  });
  return async (from: string, shown: { cert?: string; key?: string }, to: string) => {
    const { session } = answered(await httpsRequest({ ...options(from), ...shown }));
    if (session === undefined) throw new Error('the server made no session');
    return httpsRequest({ ...options(to), session });
  };
}

describe.each(suites)('nginx of %s that keepgate writes no default server for', (suite) => {
  const text = `
version: 1
nginx: {defaultServer: off}
sites:
  one: {hosts: [one.example.com], upstream: 'http://127.0.0.1:8881', tls: {clientAuth: {ca: ${one.file}}}}
  two: {hosts: [two.example.com], upstream: 'http://127.0.0.1:8882', tls: {clientAuth: {ca: ${two.file}}}}
`;
  const gate = gateFor(suite, text, { workers: 1 });

  // The first server is the default one, and OpenSSL takes sessions from there.
  it.each(resumptions)('takes none of another CA to a site that comes first: $name', async (how) => {
    const outcome = await resuming(how, gate())('two', two.client, 'one');
    expect(refusals).toContain('refused' in outcome ? outcome.refused : outcome.status);
    expect(gate().backend('127.0.0.1:8881').requests.length).toBe(0);
  });

  describe.each(versions)('in %s', (version) => {
    const client = (servername: string | false, host: string) => ({
      port: clientOf(gate(), 'one', 'one.example.com').port,
      servername,
      host: `${host}.example.com`,
      minVersion: version,
      maxVersion: version,
    });

    it.each([
      [false, 'one', two.client],
      [false, 'two', one.client],
      [false, 'one', one.client],
      ['unknown.example', 'two', one.client],
      ['unknown.example', 'one', one.client],
      ['one.example.com', 'two', one.client],
      ['two.example.com', 'one', two.client],
    ] as const)('after the name %s lets no certificate open %s', async (servername, host, shown) => {
      const seen = ['127.0.0.1:8881', '127.0.0.1:8882'].map((address) => gate().backend(address).requests.length);
      const request = { ...client(servername, host), ...shown };
      // The default server, which is the site's own or the other's, asks for a certificate of its own CA first.
      const wrong = shown === two.client && servername !== 'two.example.com' ? 400 : 421;
      expect(answered(await httpsRequest(request)).status).toBe(wrong);
      expect(answered(await http2Request(request)).status).toBe(wrong);
      expect(['127.0.0.1:8881', '127.0.0.1:8882'].map((address) => gate().backend(address).requests.length)).toEqual(
        seen,
      );
    });

    it('opens each site to its own', async () => {
      for (const [site, shown] of Object.entries({ one: one.client, two: two.client })) {
        const request = { ...client(`${site}.example.com`, site), ...shown };
        expect(answered(await httpsRequest(request)).status).toBe(200);
      }
    });
  });
});

describe.each(suites)('nginx of %s whose site with client certificates has a port of its own', (suite) => {
  const text = `
version: 1
sites:
  open: {hosts: [open.example.com], upstream: 'http://127.0.0.1:8880'}
  one:
    hosts: [one.example.com]
    listen: {https: 8443}
    upstream: http://127.0.0.1:8881
    tls: {clientAuth: {ca: ${one.file}}}
`;
  const gate = gateFor(suite, text, { workers: 1 });

  it.each(resumptions)('resumes sessions of the others, but not there: $name', async ({ version, secureOptions }) => {
    const how = { minVersion: version, maxVersion: version, secureOptions };
    const open = { ...clientOf(gate(), 'open', 'open.example.com'), ...how };
    const { session } = answered(await httpsRequest(open));
    if (session === undefined) throw new Error('the server made no session');
    expect(answered(await httpsRequest({ ...open, session })).tls.resumed).toBe(true);
    const asks = { ...clientOf(gate(), 'one', 'one.example.com', 8443), ...how, session };
    const seen = gate().backend('127.0.0.1:8881').requests.length;
    expect(answered(await httpsRequest(asks)).status).toBe(400);
    expect(gate().backend('127.0.0.1:8881').requests.length).toBe(seen);
    expect(answered(await httpsRequest({ ...asks, ...one.client })).status).toBe(200);
  });
});
