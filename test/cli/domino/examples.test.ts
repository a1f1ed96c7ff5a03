/** Each way to HTTPS of examples/domino, run as it stands, twice. The name doesn't lead to the machine of the tests. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { chain } from '../../ca.ts';
import { dataFolder, json, snapshot } from '../../domino/data-folder.ts';
import { parts } from '../../parts.ts';
import { Workplace } from '../workplace.ts';

const host = 'domino.example.com';
const examples = resolve('examples/domino');
const place = new Workplace();
const dates = { notBefore: new Date(Date.now() - 86_400_000) };
const said = join(place.folder, 'said');

beforeAll(async () => {
  chmodSync(place.folder, 0o755);
  // The program of this folder with a store of the tests.
  const store = `'${join(place.folder, 'store')}'`;
  place.write(
    'bin/keepgate',
    `#!/bin/sh
case "$1 $2" in
  'cert '*) set -- "$@" --store ${store} ;;
  'domino tls') set -- "$@" --store ${store} --no-lookup ;;
esac
exec '${process.execPath}' '${resolve('dist/bin.js')}' "$@"
`,
    0o755,
  );
  place.write('bin/runuser', `#!/bin/sh\necho "$@ in $(pwd)" >> '${said}'\n`, 0o755);
  const hook = readFileSync('examples/hooks/domino-reload', 'utf8');
  place.write('hook', hook.replace('exec runuser', `exec '${join(place.folder, 'bin/runuser')}'`), 0o755);
  await renewed();
});

async function renewed() {
  const { fullchain, leaf } = chain([host], dates);
  place.write('given.pem', fullchain + leaf.key, 0o600);
  const run = await place.keepgate(['cert', 'import', 'given.pem', '--name', 'domino', '--store', 'store']);
  expect(run.exitCode).toBe(0);
  return leaf;
}

/** Runs one in a data folder of its own, and again: then nothing changes any more. */
async function way(name: string): Promise<string> {
  const data = dataFolder({ 'keepconfig.d/ports.json': { PORT: 8880, MANAGMENTPORT: 8889 } });
  mkdirSync(join(place.folder, name));
  const own = { DATA: data, OUT: data, HOOK: join(place.folder, 'hook'), PASSWORD: join(place.folder, 'password') };
  const env = { ...own, CONFIG: join(place.folder, name), NODE_V8_COVERAGE: process.env.KEEPGATE_TEST_COVERAGE };
  const PATH = [join(place.folder, 'bin'), dirname(parts.keytool), process.env.PATH].join(':');
  const run = () => execa('sh', [join(examples, name)], { env: { ...env, PATH } });
  await run();
  const settings = () => Object.entries(snapshot(data)).filter(([path]) => /json$|ini$/.test(path));
  const once = settings();
  await run();
  expect(settings()).toEqual(once);
  return data;
}

const url = `KeepManagementURL=https://${host}:8889`;
const iniOf = (data: string) => readFileSync(join(data, 'notes.ini'), 'latin1');
const modes = (data: string, ...files: string[]) => files.map((file) => statSync(join(data, file)).mode & 0o777);

describe('the examples', () => {
  it('each have a test here', () => {
    expect(readdirSync(examples).sort()).toEqual([
      'certificate-manager.sh',
      'own-tls-jks.sh',
      'own-tls-pem.sh',
      'own-tls-pfx.sh',
      'prepared-for-windows.sh',
      'proxy-in-front.sh',
      'proxy-own-certificate.sh',
    ]);
  });

  // Those of a proxy need nginx: test/docs/domino-proxy.test.ts.

  it('own-tls-pfx.sh, and what a renewal does', async () => {
    const data = await way('own-tls-pfx.sh');
    const file = join(data, 'domino.pfx');
    expect(json(data, 'keepgate-tls.json')).toEqual({ TLSType: 'pfx', TLSFile: file, TLSPassword: '' });
    expect(iniOf(data)).toContain(url);
    expect(modes(data, 'domino.pfx')).toEqual([0o600]);
    const { certificate } = await renewed();
    const args = ['pkcs12', '-in', file, '-nodes', '-passin', 'pass:'];
    expect(execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })).toContain(certificate.split('\n')[5]);
    const { uid } = statSync(data);
    const user = execFileSync('stat', ['-c', '%U', data], { encoding: 'utf8' }).trim();
    expect({ uid, said: readFileSync(said, 'utf8') }).toEqual({
      uid,
      said: `-u ${user} -- /opt/hcl/domino/bin/server -c tell restapi reload in ${data}\n`,
    });
  }, 240_000);

  it('own-tls-pem.sh', async () => {
    const data = await way('own-tls-pem.sh');
    const [key, crt] = [join(data, 'domino.key'), join(data, 'domino.crt')];
    expect(json(data, 'keepgate-tls.json')).toEqual({ TLSType: 'pem', TLSFile: key, PEMCert: crt, TLSPassword: '' });
    expect(readFileSync(key, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(readFileSync(crt, 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(modes(data, 'domino.key', 'domino.crt')).toEqual([0o600, 0o600]);
    expect(iniOf(data)).toContain(url);
  }, 240_000);

  it('own-tls-jks.sh', async () => {
    const data = await way('own-tls-jks.sh');
    const file = join(data, 'domino.jks');
    const password = readFileSync(join(place.folder, 'password'), 'utf8').trim();
    expect(json(data, 'keepgate-tls.json')).toEqual({ TLSType: 'jks', TLSFile: file, TLSPassword: password });
    const args = ['-J-XX:-UsePerfData', '-list', '-keystore', file, '-storepass:env', 'PASS'];
    const { stdout } = await execa(parts.keytool, args, { env: { PASS: password } });
    expect(stdout).toContain('PrivateKeyEntry');
    expect(modes(data, 'domino.jks')).toEqual([0o600]);
    expect(modes(data, 'keepconfig.d/keepgate-tls.json').every((mode) => (mode & 0o077) === 0)).toBe(true);
    expect(iniOf(data)).toContain(url);
  }, 240_000);

  it('certificate-manager.sh', async () => {
    const data = await way('certificate-manager.sh');
    expect(json(data, 'keepgate-tls.json')).toEqual({ TLSCertStore: true, TLSCertStoreName: host });
    expect(iniOf(data)).toContain(url);
  }, 240_000);

  it('prepared-for-windows.sh', async () => {
    const data = await way('prepared-for-windows.sh');
    const TLSFile = 'C:/Domino/Data/domino.pfx';
    expect(json(data, 'keepgate-tls.json')).toEqual({ TLSType: 'pfx', TLSFile, TLSPassword: '' });
    expect(modes(data, 'domino.pfx')).toEqual([0o600]);
    expect(iniOf(data)).toContain(url);
  }, 240_000);
});
