/** What TLS and HTTP versions are spoken, and whose certificate is shown. */
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../src/certs/self-signed.ts';
import { chain } from '../ca.ts';
import { parts, suites } from '../parts.ts';
import { http2Request } from '../wire/http2.ts';
import { http3Request } from '../wire/http3.ts';
import { httpsRequest } from '../wire/https.ts';
import { legacyTls, legacyTlsServer } from '../wire/legacy-tls.ts';
import { answered } from '../wire/message.ts';
import { clientOf, echoed, gateFor, valuesOf } from './gate.ts';

const spec = `
version: 1
sites:
  api:
    hosts: [api.example.com]
    http3: true
    upstream: http://127.0.0.1:8880
  other:
    hosts: [other.example.com]
    upstream: http://127.0.0.1:8881
  modern:
    hosts: [modern.example.com]
    listen: {https: 8443}
    tls: {profile: modern}
    upstream: http://127.0.0.1:8882
  old:
    hosts: [old.example.com]
    listen: {https: 9443}
    http2: false
    upstream: http://127.0.0.1:8883
`;

describe.each(suites)('nginx of %s', (suite) => {
  const gate = gateFor(suite, spec);
  const api = () => clientOf(gate(), 'api', 'api.example.com');
  const modern = () => clientOf(gate(), 'modern', 'modern.example.com', 8443);
  const old = () => clientOf(gate(), 'old', 'old.example.com', 9443);
  const refused = { refused: 'handshake', alert: 'protocol_version' };

  it.each(['TLSv1', 'TLSv1.1'] as const)('refuses %s', async (version) => {
    for (const client of [api(), modern(), old()])
      expect(await httpsRequest({ ...client, ...legacyTls(version) })).toEqual(refused);
    // The control: this client does speak it.
    const { certificate: cert, key } = selfSigned(['api.example.com']);
    const control = await legacyTlsServer({ cert, key });
    const spoken = await httpsRequest({ ...api(), port: control.port, ca: cert, ...legacyTls(version) });
    expect(answered(spoken).tls.protocol).toBe(version);
    await control.close();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s in the intermediate profile', async (version) => {
    const response = answered(await httpsRequest({ ...api(), minVersion: version, maxVersion: version }));
    expect(response.tls.protocol).toBe(version);
  });

  it('speaks TLS 1.3 alone in the modern profile', async () => {
    expect(answered(await httpsRequest(modern())).tls.protocol).toBe('TLSv1.3');
    expect(await httpsRequest({ ...modern(), maxVersion: 'TLSv1.2' })).toEqual(refused);
  });

  it.each(['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-CCM'])(
    'has no suite that the profile lacks: %s',
    async (ciphers) => {
      const outcome = await httpsRequest({ ...api(), maxVersion: 'TLSv1.2', ciphers });
      expect(outcome).toEqual({ refused: 'handshake', alert: 'handshake_failure' });
    },
  );

  it('lets the client choose among the suites', async () => {
    for (const name of ['CHACHA20-POLY1305', 'AES128-GCM-SHA256', 'AES256-GCM-SHA384']) {
      const rest = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256';
      const options = { ...api(), maxVersion: 'TLSv1.2', ciphers: `ECDHE-ECDSA-${name}:${rest}` } as const;
      expect(answered(await httpsRequest(options)).tls.cipher).toContain(
        name.replace(/-/g, '_').replace('AES', 'AES_'),
      );
    }
  });

  it('shows each site its own certificate', async () => {
    for (const site of ['api', 'other']) {
      const response = answered(await httpsRequest(clientOf(gate(), site, `${site}.example.com`)));
      expect(response.tls.certificate.subjectaltname).toBe(`DNS:${site}.example.com`);
    }
    const { ca } = clientOf(gate(), 'other', '');
    await expect(httpsRequest({ ...api(), ca })).rejects.toThrow('self-signed certificate');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes a session of %s', async (version) => {
    const options = { ...api(), minVersion: version, maxVersion: version };
    const { session } = answered(await httpsRequest(options));
    expect(answered(await httpsRequest({ ...options, ...(session && { session }) })).tls.resumed).toBe(true);
  });

  it('speaks HTTP/2 where the client offers it', async () => {
    const response = answered(await http2Request({ ...api(), path: '/x' }));
    expect([response.status, response.tls.alpn]).toEqual([200, 'h2']);
    const request = { ...api(), alpn: ['http/1.1'] };
    expect(answered(await httpsRequest(request)).tls.alpn).toBe('http/1.1');
  });

  it('does not where it is switched off', async () => {
    const response = answered(await httpsRequest({ ...old(), alpn: ['h2', 'http/1.1'] }));
    expect([response.status, response.tls.alpn]).toEqual([200, 'http/1.1']);
  });

  const hasHttp3 = suite === 'trixie' || suite === 'forky';

  it.runIf(hasHttp3)('speaks HTTP/3 and says so', async () => {
    const { port, servername } = api();
    const announced = answered(await httpsRequest(api())).headers.get('alt-svc');
    expect(announced).toBe(`h3=":${port}"; ma=86400`);
    const headers = { Authorization: `Bearer ${'a'.repeat(12_000)}`, 'X-Forwarded-For': '6.6.6.6', Host: servername };
    const request = { curl: parts.curl, port, servername, path: '/a%2Fb//c?x', headers };
    const seen = echoed(answered(await http3Request(request)));
    expect(seen.url).toBe('/a%2Fb//c?x');
    expect(valuesOf(seen, 'Host')).toEqual(['api.example.com']);
    expect(valuesOf(seen, 'X-Forwarded-For')).toEqual(['127.0.0.1']);
    expect(valuesOf(seen, 'X-Forwarded-Proto')).toEqual(['https']);
    expect(valuesOf(seen, 'Authorization')).toEqual([headers.Authorization]);
    const post = answered(await http3Request({ ...request, method: 'DELETE', path: '/x' }));
    expect(echoed(post).method).toBe('DELETE');
  });

  it('does not announce HTTP/3 where it is not spoken', async () => {
    expect(answered(await httpsRequest(clientOf(gate(), 'other', 'other.example.com'))).headers.has('alt-svc')).toBe(
      false,
    );
    if (hasHttp3) return;
    const { port, servername } = api();
    expect(answered(await httpsRequest(api())).headers.has('alt-svc')).toBe(false);
    await expect(http3Request({ curl: parts.curl, port, servername })).rejects.toThrow('curl');
  });
});

describe.each(suites)('nginx of %s with certificates of a CA', (suite) => {
  const names = ['api.example.com', 'other.example.com'];
  const chains = new Map(names.map((name) => [name, chain([name], { key: 'rsa-2048' })]));
  const chainOf = (name = '') => {
    const found = chains.get(name);
    if (found === undefined) throw new Error(`no certificate for ${name}`);
    return found;
  };
  const sites = names.map((name, index) => `  s${index}: {hosts: [${name}], upstream: 'http://127.0.0.1:888${index}'}`);
  const gate = gateFor(suite, `version: 1\nsites:\n${sites.join('\n')}\n`, {
    certificateFor: ({ hosts: [name] }) => ({ certificate: chainOf(name).fullchain, key: chainOf(name).leaf.key }),
  });

  it.each(names)('sends the chain of %s, of which the client knows the root alone', async (servername) => {
    const client = { port: gate().port(443), servername, ca: chainOf(servername).root.certificate };
    expect(answered(await httpsRequest(client)).status).toBe(200);
  });

  it('has suites for RSA in TLS 1.2', async () => {
    const socket = connect({
      port: gate().port(443),
      host: '127.0.0.1',
      servername: 'api.example.com',
      ca: chainOf('api.example.com').root.certificate,
      maxVersion: 'TLSv1.2',
    });
    const cipher = await new Promise((resolve, reject) => {
      socket.once('secureConnect', () => resolve(socket.getCipher().name)).once('error', reject);
    });
    socket.destroy();
    expect(cipher).toMatch(/^ECDHE-RSA-/);
  });
});

/** nginx 1.29.2 and later ask each server for its versions; before, such a spec is refused. */
describe.runIf(suites.includes('forky')).each([
  ['modern', 'intermediate'],
  ['intermediate', 'modern'],
])('nginx of forky with the profiles %s and %s on one socket', (...profiles) => {
  const sites = profiles.map(
    (profile) =>
      `  ${profile}: {hosts: [${profile}.example.com], tls: {profile: ${profile}}, upstream: 'http://127.0.0.1:8880'}`,
  );
  const gate = gateFor('forky', `version: 1\nsites:\n${sites.join('\n')}\n`);
  const spoken = async (profile: string, version: 'TLSv1.2' | 'TLSv1.3') => {
    const client = clientOf(gate(), profile, `${profile}.example.com`);
    const outcome = await httpsRequest({ ...client, minVersion: version, maxVersion: version });
    return 'refused' in outcome ? outcome.refused : outcome.tls.protocol;
  };

  it('keeps them apart', async () => {
    expect(await spoken('modern', 'TLSv1.3')).toBe('TLSv1.3');
    expect(await spoken('modern', 'TLSv1.2')).toBe('handshake');
    expect(await spoken('intermediate', 'TLSv1.3')).toBe('TLSv1.3');
    expect(await spoken('intermediate', 'TLSv1.2')).toBe('TLSv1.2');
  });
});
