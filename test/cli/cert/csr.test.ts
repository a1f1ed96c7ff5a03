import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { minimal, Workplace } from '../workplace.ts';
import { openssl } from './openssl-files.ts';

const place = new Workplace();
const csr = (...args: string[]) => place.keepgate(['cert', 'csr', '--store', 'store', ...args]);
const publicKey = (request: string) => openssl(place, ['req', '-noout', '-pubkey'], request);
const keyFile = (name: string) => join(place.folder, 'store/certificates', name, 'request.key');

describe('cert csr', () => {
  it.each([
    ['ec-p256', 'Public-Key: (256 bit)', 'ecdsa-with-SHA256'],
    ['ec-p384', 'Public-Key: (384 bit)', 'ecdsa-with-SHA384'],
    ['rsa-2048', 'Public-Key: (2048 bit)', 'sha256WithRSAEncryption'],
  ])('makes a request that OpenSSL takes: %s', async (type, size, signature) => {
    const hosts = [`${type}.Example.com.`, '*.bücher.example', '192.0.2.1', '[2001:db8::1]', `${type}.example.com`];
    const { exitCode, stdout, stderr } = await csr(...hosts, '--key-type', type);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`made a new key for ${type}.example.com (${type});`),
    });
    const text = openssl(place, ['req', '-noout', '-text', '-verify'], stdout);
    expect(text).toContain(size);
    expect(text).toContain(`Signature Algorithm: ${signature}`);
    expect(text).toMatch(new RegExp(`Subject: CN ?= ?${type}\\.example\\.com\n`));
    expect(text).toContain(
      `DNS:${type}.example.com, DNS:*.xn--bcher-kva.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1\n`,
    );
    expect(lstatSync(keyFile(`${type}.example.com`)).mode & 0o777).toBe(0o600);
    expect(openssl(place, ['pkey', '-pubout', '-in', keyFile(`${type}.example.com`)])).toBe(publicKey(stdout));
  });

  it('keeps the key until it is told to throw it away', async () => {
    const first = await csr('*.keep.example', '--out', 'a.csr');
    expect(first).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('wrote a.csr\n') });
    const before = publicKey(readFileSync(join(place.folder, 'a.csr'), 'utf8'));
    const again = await csr('*.keep.example', 'www.keep.example', '--out', 'a.csr');
    expect(again.stderr).toContain('used the key that waited for _.keep.example (ec-p256)');
    expect(publicKey(readFileSync(join(place.folder, 'a.csr'), 'utf8'))).toBe(before);
    const other = await csr('*.keep.example', '--key-type', 'ec-p384');
    expect(other).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('error request-waiting') });
    const fresh = await csr('*.keep.example', '--key-type', 'ec-p384', '--new-key');
    expect(publicKey(fresh.stdout)).not.toBe(before);
  });

  it('as JSON has the request, and no key', async () => {
    const { stdout, stderr } = await csr('json.example', '--format', 'json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'json.example',
      names: ['json.example'],
      keyType: 'ec-p256',
      newKey: true,
    });
    expect(publicKey(JSON.parse(stdout).request)).toContain('PUBLIC KEY');
    expect(stdout).not.toContain('PRIVATE');
  });

  it.each([
    [[], 'name the hosts that the certificate is to be for'],
    [['a b'], '"a b" '],
    [['*.*.example'], '"*.*.example" '],
    [['a.example', '--name', '../b'], `"../b" can't be the name of a certificate`],
  ])('refuses %j', async (args, message) => {
    expect(await csr(...args)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
  });

  it('overwrites no other file', async () => {
    place.write('mine.txt', 'mine');
    expect(await csr('x.example', '--out', 'mine.txt')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('error file-exists'),
    });
    expect(readFileSync(join(place.folder, 'mine.txt'), 'utf8')).toBe('mine');
    expect(await csr('x.example', '--out', 'no/where')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('error not-writable'),
    });
  });

  it('is called as the site that it is for, so that nginx finds its certificate', async () => {
    const home = new Workplace();
    home.write('keepgate.yaml', `${minimal()}acme: {store: ${home.folder}/own}\n`);
    const name = async (...hosts: string[]) =>
      JSON.parse((await home.keepgate(['cert', 'csr', ...hosts, '--format', 'json'])).stdout).name;
    expect(await name('api.example.com')).toBe('api');
    expect(await name('*.example.com', 'example.com')).toBe('api');
    expect(await name('other.example.com')).toBe('other.example.com');
    expect(await name('api.example.com', '--name', 'mine')).toBe('mine');
  });

  it('takes the store of the spec, and refuses a spec that is wrong', async () => {
    const home = new Workplace();
    home.write('keepgate.yaml', `${minimal()}acme: {store: ${home.folder}/own}\n`);
    expect((await home.keepgate(['cert', 'csr', 'a.example'])).stderr).toContain(`it stays in ${home.folder}/own`);
    home.write('keepgate.yaml', 'version: 1\nsites: 3\n');
    expect((await home.keepgate(['cert', 'csr', 'a.example'])).exitCode).toBe(1);
  });
});
