/** What Node and nginx say of a failed handshake or a bad key, told in sentences: of real servers, and of a real nginx. */
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { connect, createServer as createTls, type TlsOptions } from 'node:tls';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../src/certs/self-signed.ts';
import { tlsFailure, withoutOpensslCodes } from '../src/tls-failure.ts';
import { chain } from './ca.ts';
import { issued } from './certs/store-folder.ts';
import { Workplace } from './cli/workplace.ts';
import { nginxOf, suites } from './parts.ts';

const host = 'api.example.com';
const day = 86_400_000;
const valid = { notBefore: new Date(Date.now() - day) };
const own = chain([host], valid);
const place = new Workplace();
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** Never a code, a function or a file of OpenSSL's, nor a constant of Node's. */
const sentence = /^(?!.*(SSL|routines|[0-9A-F]{8}|[A-Z]+_[A-Z]+|E[A-Z]{4,}|::|\.c:))[a-z].*[a-zS)]$/;

const tls = (options: TlsOptions): Server =>
  createTls({ key: own.leaf.key, cert: own.fullchain, ...options }).on('tlsClientError', () => {}) as unknown as Server;
const plain = (answer: string | undefined): Server =>
  createServer((socket) => {
    socket.on('error', () => {});
    if (answer === undefined) socket.destroy();
    else socket.once('data', () => socket.end(answer));
  });

/** What a client that trusts this CA says. */
async function failureOf(server: Server, ca = own.root.certificate): Promise<string> {
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, ca }, () => resolve('connected'));
    // With TLS 1.3 a server that refuses the client says so after the handshake.
    socket.on('error', (error) => resolve(tlsFailure(error)));
  });
}

const pairOf = (leaf: ReturnType<typeof chain>) => ({ key: leaf.leaf.key, cert: leaf.fullchain });
const expired = chain([host], { notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() - day) });
const later = chain([host], { notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 9 * day) });
const alone = selfSigned([host]);
const foreign = chain(['other.example.com'], valid);

describe('a handshake that fails with', () => {
  it.each<[string, () => Server, string, string?]>([
    ['HTTP', () => plain('HTTP/1.1 400 Bad Request\r\n\r\n'), 'does not speak TLS'],
    ['SSH', () => plain('SSH-2.0-OpenSSH_9.2\r\n'), 'does not speak TLS'],
    ['a closed connection', () => plain(undefined), 'was closed during the handshake'],
    [
      'another version',
      () => tls({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }),
      'version of TLS',
    ],
    ['other ciphers', () => tls({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }), 'no cipher'],
    ['another CA', () => tls({}), 'not known', foreign.root.certificate],
    [
      'a self-signed certificate',
      () => tls({ key: alone.key, cert: alone.certificate }),
      'self-signed',
      foreign.root.certificate,
    ],
    ['a chain that is cut off', () => tls({ cert: own.leaf.certificate }), 'was not sent along'],
    ['an expired certificate', () => tls(pairOf(expired)), 'has expired', expired.root.certificate],
    ['one of the future', () => tls(pairOf(later)), 'not valid yet', later.root.certificate],
    ["another's", () => tls(pairOf(foreign)), 'not for this name', foreign.root.certificate],
  ])('%s', async (_, server, words, ca) => {
    const said = await failureOf(server(), ca);
    expect(said).toContain(words);
    expect(said).toMatch(sentence);
  });

  it('nobody there', async () => {
    const server = plain('');
    await failureOf(server);
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => open.pop()?.close(done));
    const said = await new Promise((done) =>
      connect(port, '127.0.0.1').on('error', (error) => done(tlsFailure(error))),
    );
    expect(said).toBe('nothing listens there');
  });

  it('what nobody has heard of', () => {
    const unheard = Object.assign(new Error('80CC:error:0A00FFFF:SSL routines:f:odd thing:../deps/x.c:1:\n'), {
      code: 'ERR_SSL_ODD_THING',
    });
    expect(tlsFailure(unheard)).toBe('odd thing');
    expect(tlsFailure('CRL_HAS_EXPIRED')).toBe('crl has expired');
  });
});

describe.each(suites)('nginx of %s', (suite) => {
  const [one, other] = [issued([host]), issued([host])];
  it.each([
    ['the key of another', one.fullchain, other.key, 'do not belong together'],
    ['no key at all', one.fullchain, 'none\n', 'is damaged or of another format'],
    ['no certificate', 'none\n', one.key, 'is damaged or of another format'],
    ['no file', undefined, one.key, 'no such file'],
  ])('refuses %s', async (_, certificate, key, words) => {
    const folder = join(place.folder, `${suite}-${words.replaceAll(' ', '-')}`);
    place.write(`${folder}/k.pem`.slice(place.folder.length + 1), key);
    if (certificate !== undefined) writeFileSync(join(folder, 'c.pem'), certificate);
    const lines = `server { listen 127.0.0.1:1 ssl; ssl_certificate c.pem; ssl_certificate_key k.pem; }`;
    writeFileSync(
      join(folder, 'n.conf'),
      `pid n.pid;\nerror_log e.log;\nevents {}\nhttp { access_log off;\n${lines}\n}\n`,
    );
    const { stderr } = await execa(nginxOf(suite), ['-t', '-p', folder, '-c', join(folder, 'n.conf')], {
      reject: false,
    });
    expect(stderr).toContain('SSL: error:');
    const refused = stderr.split('\n').find((line) => line.includes('SSL: error:')) ?? '';
    const told = withoutOpensslCodes(refused);
    expect(told.toLowerCase()).toContain(words);
    expect(told).not.toMatch(/error:|routines|SSL:|[0-9A-F]{8}/);
  });
});
