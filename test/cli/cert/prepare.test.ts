import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateLines } from '../../../src/deploy/plan-stand-ins.ts';
import { certificateFiles } from '../../../src/model/store-paths.ts';
import { chain } from '../../ca.ts';
import { isRoot, keepgateAsNobody } from '../as-nobody.ts';
import { Workplace } from '../workplace.ts';

const spec = (store: string): string => `version: 1
nginx: {target: "1.18.0"}
acme: {store: ${store}}
sites:
  api: {hosts: [api.example.com, www.example.com], upstream: 'http://127.0.0.1:8080'}
  own: {hosts: [own.example.com, 10.0.0.1], upstream: 'http://127.0.0.1:8080', tls: {certificate: self-signed}}
  theirs:
    hosts: [theirs.example.com]
    upstream: http://127.0.0.1:8080
    tls: {certificate: {cert: /etc/x.pem, key: /etc/x.key}}
`;

function home() {
  const place = new Workplace();
  const store = join(place.folder, 'store');
  place.write('keepgate.yaml', spec(store));
  return { place, store, prepare: (...args: string[]) => place.keepgate(['cert', 'prepare', ...args]) };
}

const linksOf = (store: string) =>
  Object.fromEntries(readdirSync(join(store, 'live')).map((name) => [name, readlinkSync(join(store, 'live', name))]));

const layout = { _refuse: '../stand-in/_refuse', api: '../stand-in/api', own: '../self-signed/own' };

describe('cert prepare', () => {
  it('makes what is missing, says so, and does nothing the next time', async () => {
    const { store, prepare } = home();
    const first = await prepare();
    expect(first).toMatchObject({ exitCode: 0, stdout: '' });
    expect(first.stderr.split('\n').map((line) => line.replace(/ until .*/, ''))).toEqual([
      `made _refuse in ${store}: a stand-in that no client trusts, for connections that are refused,`,
      `made api in ${store}: a stand-in that no client trusts, for api.example.com, www.example.com,`,
      `made own in ${store}: the self-signed certificate, for own.example.com, 10.0.0.1,`,
      '',
      'Next: let nginx serve the sites, then get the real ones',
      '  keepgate cert issue',
      '',
    ]);
    expect(linksOf(store)).toEqual(layout);
    const { certificate, key } = certificateFiles(store, 'api');
    const made = new X509Certificate(readFileSync(certificate));
    expect([made.subject, made.subjectAltName]).toEqual([
      'O=not a real certificate\nCN=keepgate stand-in',
      'DNS:api.example.com, DNS:www.example.com',
    ]);
    expect([key, certificate].map((path) => lstatSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(await prepare()).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(certificate, 'utf8')).toBe(made.toString());
  });

  it('as JSON, with the files', async () => {
    const { store, prepare } = home();
    await prepare();
    unlinkSync(join(store, 'live/api'));
    const { stdout, stderr } = await prepare('--format', 'json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      made: [{ name: 'api', kind: 'stand-in', store, ...certificateFiles(store, 'api') }],
      kept: ['_refuse', 'own'],
    });
  });

  it('lays what the printed lines of openssl lay, and either is content with the other', async () => {
    const { place, store, prepare } = home();
    const needed = ['_refuse', 'api', 'own'].map((name) => ({
      ...{ certificate: certificateFiles(store, name).certificate, selfSigned: name === 'own' },
      hosts: name === '_refuse' ? [] : [`${name}.example.com`],
    }));
    const script = certificateLines(needed, '').join('\n');
    const shell = () => execFileSync('sh', ['-ec', script], { cwd: place.folder, stdio: 'pipe' });
    await prepare();
    const before = readFileSync(certificateFiles(store, 'api').certificate, 'utf8');
    shell();
    expect(readFileSync(certificateFiles(store, 'api').certificate, 'utf8')).toBe(before);
    rmSync(store, { recursive: true });
    shell();
    expect(linksOf(store)).toEqual(layout);
    expect(await prepare()).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(linksOf(store)).toEqual(layout);
  });

  it('replaces half a stand-in, and gives way to a real certificate', async () => {
    const { place, store, prepare } = home();
    await prepare();
    unlinkSync(certificateFiles(store, 'api').key);
    expect((await prepare()).stderr).toMatch(/^made api in /);
    const { leaf, fullchain } = chain(['api.example.com', 'www.example.com'], {
      notBefore: new Date(Date.now() - 1e7),
    });
    place.write('real.pem', fullchain + leaf.key);
    expect((await place.keepgate(['cert', 'import', 'real.pem'])).exitCode).toBe(0);
    expect(linksOf(store)).toEqual({ ...layout, api: '../certificates/api/versions/1' });
    expect((await prepare()).stderr).toBe('');
  });

  it('refuses a spec with errors, and takes another store', async () => {
    const { place, store, prepare } = home();
    expect(await prepare('--store', 'other')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('issue --store other'),
    });
    expect(linksOf(join(place.folder, 'other'))).toEqual(layout);
    place.write('bad.yaml', 'version: 1\nsites: {api: {hosts: [], upstream: x}}\n');
    expect((await prepare('bad.yaml')).exitCode).toBe(1);
    mkdirSync(store, { mode: 0o777 });
    execFileSync('chmod', ['777', store]);
    expect(await prepare()).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('error store-not-usable') });
  });

  it.runIf(isRoot)('tells an unprivileged user of --store', async () => {
    const { store, prepare } = home();
    await prepare();
    const run = await keepgateAsNobody(['cert', 'csr', 'api.example.com', '--store', store]);
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toMatch(/^error store-not-writable: [^\n]*\n {2}help: [^\n]*--store DIR/);
  });
});
