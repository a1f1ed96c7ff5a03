import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../src/certs/self-signed.ts';
import { chain, issue } from '../ca.ts';

const utcTime = 0x17;
const generalizedTime = 0x18;

describe('selfSigned', () => {
  const now = new Date('2026-11-24T12:34:56.789Z');
  const { certificate, key } = selfSigned(
    ['a.example.com', '*.b.example', 'bücher.example', '10.0.0.1', '[2001:db8::7]'],
    {
      now,
      days: 3,
    },
  );
  const parsed = new X509Certificate(certificate);

  it('covers names, wildcards, IDN and both kinds of address', () => {
    expect(parsed.subjectAltName).toBe(
      'DNS:a.example.com, DNS:*.b.example, DNS:xn--bcher-kva.example, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:7',
    );
  });

  it.each(['::', '::1', '1::', '2001:db8:1:2:3:4:5:6', '::ffff:192.0.2.1', 'fe80::1:0:0:1'])('writes %s', (address) => {
    expect(new X509Certificate(selfSigned([address]).certificate).checkIP(address)).toBe(address);
  });

  it('says that it is a stand-in', () => {
    expect(parsed.subject).toBe('O=not a real certificate\nCN=keepgate stand-in');
    const demo = new X509Certificate(selfSigned(['a.b'], { organization: 'a demonstration' }).certificate);
    expect(demo.subject).toBe('O=a demonstration\nCN=keepgate stand-in');
  });

  it('is no authority, and for servers', () => {
    expect(parsed.ca).toBe(false);
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('is valid from now for the days given, to the second', () => {
    expect(new Date(parsed.validFrom)).toEqual(new Date('2026-11-24T12:34:56Z'));
    expect(new Date(parsed.validTo)).toEqual(new Date('2026-11-27T12:34:56Z'));
  });

  it('changes the form of its dates in 2050', () => {
    const { certificate } = selfSigned(['a.b'], { now: new Date('2049-12-31T23:59:59Z'), days: 1 });
    const { raw, validFrom, validTo } = new X509Certificate(certificate);
    expect(new Date(validFrom)).toEqual(new Date('2049-12-31T23:59:59Z'));
    expect(new Date(validTo)).toEqual(new Date('2050-01-01T23:59:59Z'));
    expect(raw.includes(Buffer.concat([Buffer.of(utcTime, 13), Buffer.from('491231235959Z')]))).toBe(true);
    expect(raw.includes(Buffer.concat([Buffer.of(generalizedTime, 15), Buffer.from('20500101235959Z')]))).toBe(true);
  });

  it('has a key of its own, in PKCS#8, and a positive serial number of 16 bytes', () => {
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(createPrivateKey(key).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(new X509Certificate(selfSigned(['a.b']).certificate).serialNumber).not.toBe(parsed.serialNumber);
  });

  it('has no alternative names when none are given', () => {
    expect(new X509Certificate(selfSigned([]).certificate).subjectAltName).toBeUndefined();
  });

  it('serves a client that trusts it, and no other', async () => {
    const own = selfSigned(['keep.example.com']);
    const trusted = await handshake({ cert: own.certificate, key: own.key }, { ca: own.certificate });
    expect(trusted.error).toBeUndefined();
    const stranger = selfSigned(['keep.example.com']).certificate;
    const refused = await handshake({ cert: own.certificate, key: own.key }, { ca: stranger });
    expect(refused.error).toMatch(/self-signed|SELF_SIGNED/);
  });
});

describe('the test authority', () => {
  it.each(['ec-p256', 'ec-p384', 'rsa-2048'] as const)('issues %s chains that a client accepts', async (key) => {
    const { root, leaf, fullchain } = chain(['keep.example.com'], { key });
    const result = await handshake({ cert: fullchain, key: leaf.key }, { ca: root.certificate });
    expect(result).toEqual({ error: undefined, client: undefined });
  });

  it('signs with RSA as well', async () => {
    const root = issue({ commonName: 'rsa root', kind: 'authority', key: 'rsa-2048' });
    const leaf = issue({ commonName: 'leaf', names: ['keep.example.com'], issuer: root });
    const result = await handshake({ cert: leaf.certificate, key: leaf.key }, { ca: root.certificate });
    expect(result.error).toBeUndefined();
  });

  it('issues client certificates for mutual TLS', async () => {
    const { root, leaf, fullchain } = chain(['keep.example.com']);
    const client = issue({ commonName: 'alice', kind: 'client', issuer: root });
    const server = { cert: fullchain, key: leaf.key, ca: root.certificate, requestCert: true };
    const result = await handshake(server, { ca: root.certificate, cert: client.certificate, key: client.key });
    expect(result).toEqual({ error: undefined, client: 'alice' });
  });
});

/** One TLS connection on loopback: what the client refused, and whom the server saw. */
async function handshake(
  server: object,
  client: object,
): Promise<{ error: string | undefined; client: string | undefined }> {
  const listening = createServer(server).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const accepted: Promise<TLSSocket | undefined> = once(listening, 'secureConnection').then(([socket]) => socket);
  const socket = connect({ host: '127.0.0.1', port, servername: 'keep.example.com', ...client });
  try {
    await once(socket, 'secureConnect');
    const peer = (await accepted)?.getPeerCertificate();
    return { error: undefined, client: peer?.subject?.CN };
  } catch (error) {
    accepted.catch(() => undefined);
    return { error: String(error), client: undefined };
  } finally {
    socket.destroy();
    listening.close();
  }
}
