import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { certificateFiles } from '../../../src/model/store-paths.ts';
import { chain, issue } from '../../ca.ts';
import { minimal, Workplace } from '../workplace.ts';
import { openssl, writeP7b, writePfx } from './openssl-files.ts';

const place = new Workplace();
const host = 'api.example.com';
const yesterday = new Date(Date.now() - 86_400_000);
const { root, intermediate, leaf } = chain([host, '10.0.0.1', '2001:db8::5'], {
  key: 'rsa-2048',
  notBefore: yesterday,
});
const parts = { key: leaf.key, certificate: leaf.certificate, above: [root.certificate, intermediate.certificate] };
const fullchain = leaf.certificate + intermediate.certificate;
const password = 'Grün 42';
place.write('password', `${password}\n`, 0o600);
place.write('wrong', 'grün 42\n', 0o600);
const encrypted = (form: object): string =>
  createPrivateKey(leaf.key)
    .export({ format: 'pem', cipher: 'aes-256-cbc', passphrase: password, ...form } as never)
    .toString();

let count = 0;
async function imported(files: readonly string[], args: readonly string[] = []) {
  count += 1;
  const store = `store${count}`;
  const run = await place.keepgate(['cert', 'import', ...files, '--store', store, ...args]);
  return { ...run, store, at: (name: string) => certificateFiles(join(place.folder, store), name) };
}

const contents = (files: { certificate: string; key: string }) => [
  readFileSync(files.certificate, 'utf8'),
  readFileSync(files.key, 'utf8'),
];

describe('cert import reads', () => {
  const secret = ['--password-file', 'password'];
  const p7b = () => writeP7b(place, 'a.p7b', [...parts.above, leaf.certificate], 'DER');
  it.each<[string, () => string[], string[]]>([
    [
      'one PEM file in any order',
      () => [place.write('all.pem', parts.above.join('') + leaf.key + leaf.certificate)],
      [],
    ],
    [
      'several PEM files',
      () =>
        [leaf.certificate, root.certificate, intermediate.certificate, leaf.key].map((text, at) =>
          place.write(`f${at}`, text),
        ),
      [],
    ],
    [
      'PEM with Windows line ends and a byte order mark',
      () => [place.write('crlf.pem', `\ufeff${(fullchain + leaf.key).replaceAll('\n', '\r\n')}`)],
      [],
    ],
    ['PEM in UTF-16', () => [place.write('wide.pem', Buffer.from(`\ufeff${fullchain}${leaf.key}`, 'utf16le'))], []],
    ['a PFX', () => [writePfx(place, 'modern.pfx', parts, password)], secret],
    ['an old PFX with RC2 and 3DES', () => [writePfx(place, 'legacy.pfx', parts, password, true)], secret],
    ['a PFX without a password', () => [writePfx(place, 'open.pfx', parts, '')], []],
    ['a P7B and a key', () => [p7b(), '--key', place.write('leaf.key', leaf.key, 0o600)], []],
    [
      'a P7B as PEM and an encrypted key',
      () => [
        writeP7b(place, 'a.p7c', [leaf.certificate, intermediate.certificate], 'PEM'),
        '--key',
        place.write('pkcs8.key', encrypted({ type: 'pkcs8' })),
      ],
      secret,
    ],
    [
      'an old encrypted key',
      () => [
        place.write('leaf.crt', leaf.certificate),
        '--chain',
        place.write('ca.crt', parts.above.join('')),
        '--key',
        place.write('pkcs1.key', encrypted({ type: 'pkcs1' })),
      ],
      secret,
    ],
    [
      'DER files',
      () => [p7b(), place.write('leaf.der', createPrivateKey(leaf.key).export({ format: 'der', type: 'pkcs1' }))],
      [],
    ],
    [
      'an encrypted DER key',
      () => [
        p7b(),
        place.write(
          'enc.der',
          createPrivateKey(leaf.key).export({
            format: 'der',
            type: 'pkcs8',
            cipher: 'aes-256-cbc',
            passphrase: password,
          }),
        ),
      ],
      secret,
    ],
  ])('%s', async (_, files, args) => {
    const run = await imported(files(), args);
    expect({ exitCode: run.exitCode, stdout: run.stdout, store: run.store, stderr: run.stderr }).toEqual({
      exitCode: 0,
      stdout: '',
      store: run.store,
      stderr: expect.stringMatching(
        /^entered api\.example\.com as version 1 into .*\n {2}for api\.example\.com, 10\.0\.0\.1, 2001:db8::5, until /,
      ),
    });
    expect(contents(run.at(host))).toEqual([fullchain, leaf.key]);
  });

  it.each(['ec-p256', 'ec-p384'] as const)('a PFX with a key of type %s', async (key) => {
    const made = chain([host], { key, notBefore: yesterday });
    const file = writePfx(
      place,
      `${key}.pfx`,
      { key: made.leaf.key, certificate: made.leaf.certificate, above: [made.intermediate.certificate] },
      password,
    );
    const run = await imported([file], secret);
    expect(run.stderr).toContain(key);
    expect(contents(run.at(host))).toEqual([made.fullchain, made.leaf.key]);
  });

  it('a chain of three, without the root, and one certificate alone with a warning', async () => {
    const lower = issue({ commonName: 'lower', kind: 'authority', issuer: intermediate, notBefore: yesterday });
    const own = issue({ commonName: 'three', names: ['three.example.com'], issuer: lower, notBefore: yesterday });
    const all = [intermediate, root, own, lower].map(({ certificate }) => certificate).join('');
    const run = await imported([place.write('three.pem', all + own.key)]);
    expect(run.stderr).toContain('  three, signed by lower, signed by test intermediate, signed by test root\n');
    expect(contents(run.at('three.example.com'))[0]).toBe(
      own.certificate + lower.certificate + intermediate.certificate,
    );
    const alone = await imported([place.write('alone.pem', own.certificate + own.key)]);
    expect(alone.exitCode).toBe(0);
    expect(alone.stderr).toContain('warning certificate-no-chain');
    expect(alone.stderr).toContain('--chain FILE');
    const direct = issue({ commonName: 'direct', names: [host], issuer: root, notBefore: yesterday });
    const complete = await imported([place.write('direct.pem', direct.certificate + direct.key + root.certificate)]);
    expect(complete.stderr).toMatch(/^entered/);
  });
});

describe('cert import refuses, and changes nothing', () => {
  const stranger = chain([host], { notBefore: yesterday });
  const expired = chain([host], { notBefore: new Date('2026-01-01'), notAfter: new Date('2026-02-01') });
  it.each<[string, () => string[]]>([
    ['import-password-wrong', () => [writePfx(place, 'w.pfx', parts, password), '--password-file', 'wrong']],
    ['import-password-wrong', () => [writePfx(place, 'wl.pfx', parts, password, true), '--password-file', 'wrong']],
    ['import-password-wrong', () => [place.write('w.key', encrypted({ type: 'pkcs8' })), '--password-file', 'wrong']],
    ['import-password-needed', () => [writePfx(place, 'n.pfx', parts, password)]],
    ['import-password-needed', () => [place.write('n.key', encrypted({ type: 'pkcs8' }))]],
    ['import-password-file', () => ['n.pfx', '--password-file', 'missing']],
    ['import-no-key', () => [place.write('only.crt', fullchain)]],
    ['import-no-certificate', () => [place.write('only.key', leaf.key)]],
    ['import-no-certificate', () => [place.write('empty.pem', '-----BEGIN CERTIFICATE REQUEST-----\n')]],
    [
      'import-several-certificates',
      () => [place.write('two.pem', leaf.certificate + leaf.key + stranger.leaf.certificate + stranger.leaf.key)],
    ],
    ['certificate-key-mismatch', () => [place.write('mixed.pem', fullchain + stranger.leaf.key)]],
    ['certificate-expired', () => [place.write('old.pem', expired.fullchain + expired.leaf.key)]],
    ['import-not-readable', () => ['nowhere.pem']],
    ['import-not-readable', () => [place.write('noise', 'what is this?')]],
    ['import-not-readable', () => [place.write('cut.pem', leaf.certificate.slice(0, 400))]],
    [
      'import-not-readable',
      () => [
        place.write('cut.pfx', readFileSync(join(place.folder, writePfx(place, 'c.pfx', parts, ''))).subarray(0, 900)),
      ],
    ],
    [
      'import-not-readable',
      () => [
        place.write(
          'cut.p7b',
          readFileSync(join(place.folder, writeP7b(place, 'c.p7b', [leaf.certificate], 'DER'))).subarray(0, 300),
        ),
      ],
    ],
    ['import-not-readable', () => [place.write('cut.key', leaf.key.slice(0, 300))]],
  ])('%s', async (code, files) => {
    const run = await imported(files());
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(new RegExp(`^error ${code}: `));
    expect(run.stderr).toMatch(/^ {2}help: /m);
    expect(run.stderr).not.toContain(password);
    expect(readdirSync(join(place.folder, run.store))).toEqual([]);
  });

  it('without openssl says so', async () => {
    const file = writePfx(place, 'm.pfx', parts, '');
    const run = await place.keepgate(['cert', 'import', file, '--store', 'none'], { env: { PATH: '/nowhere' } });
    expect(run).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('error openssl-missing') });
  });
});

describe('cert import', () => {
  it('names it after the site that it is for, and checks the hosts of that site', async () => {
    const home = new Workplace();
    home.write('keepgate.yaml', `${minimal()}acme: {store: ${home.folder}/own}\nnginx: {target: 1.26.3}\n`);
    home.write('good.pem', fullchain + leaf.key);
    const other = chain(['other.example.com'], { notBefore: yesterday });
    home.write('other.pem', other.fullchain + other.leaf.key);
    expect(await home.keepgate(['cert', 'import', 'good.pem'])).toMatchObject({ exitCode: 0 });
    expect(readlinkSync(join(home.folder, 'own/live/api'))).toBe('../certificates/api/versions/1');
    const settings = JSON.parse(readFileSync(join(home.folder, 'own/certificates/api/settings.json'), 'utf8'));
    expect(settings).toEqual({ names: [host], origin: 'import', keyType: 'rsa-2048' });
    const wrong = await home.keepgate(['cert', 'import', 'other.pem', '--name', 'api']);
    expect(wrong.stderr).toMatch(
      /^error certificate-name-mismatch: the certificate "api": the certificate is not for api/,
    );
    const again = await home.keepgate(['cert', 'import', 'good.pem']);
    expect(again).toMatchObject({
      exitCode: 0,
      stderr: 'api is what is served already, as version 1; nothing was changed\n',
    });
    expect((await home.keepgate(['cert', 'import', 'good.pem', '--name', '../x'])).exitCode).toBe(2);
  });

  it('finds the key that waits for the answer to a request, and that of the year before', async () => {
    const home = new Workplace();
    const keepgate = (...args: string[]) => home.keepgate(['cert', ...args, '--store', 'own']);
    await keepgate('csr', host, '--name', 'mine', '--out', 'a.csr');
    const pem = openssl(home, ['req', '-in', 'a.csr', '-noout', '-pubkey']);
    const answer = (serial: number) => {
      home.write('root.key', root.key, 0o600);
      home.write('root.crt', root.certificate);
      const options = [
        '-CA',
        'root.crt',
        '-CAkey',
        'root.key',
        '-set_serial',
        String(serial),
        '-copy_extensions',
        'copyall',
      ];
      openssl(home, ['x509', '-req', '-in', 'a.csr', ...options, '-days', '30', '-out', `${serial}.crt`]);
      return `${serial}.crt`;
    };
    const first = await keepgate('import', answer(1), 'root.crt');
    expect(first).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^entered mine as version 1 /) });
    const key = readFileSync(certificateFiles(join(home.folder, 'own'), 'mine').key, 'utf8');
    expect(createPublicKey(key).export({ type: 'spki', format: 'pem' })).toBe(pem);
    expect(readdirSync(join(home.folder, 'own/certificates/mine'))).toEqual(['settings.json', 'versions']);
    expect((await keepgate('import', answer(2), 'root.crt')).stderr).toMatch(/^entered mine as version 2 /);
    expect(readFileSync(certificateFiles(join(home.folder, 'own'), 'mine').key, 'utf8')).toBe(key);
  });

  it('as JSON is one document without secrets, findings included', async () => {
    const good = await imported([place.write('j.pem', fullchain + leaf.key)], ['--format', 'json']);
    expect(good).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(good.stdout)).toMatchObject({
      name: host,
      number: 1,
      changed: true,
      keyType: 'rsa-2048',
      diagnostics: [],
    });
    expect(good.stdout).not.toContain('PRIVATE');
    const bad = await imported([place.write('k.pem', fullchain)], ['--format', 'json']);
    expect(bad).toMatchObject({ exitCode: 1, stderr: '' });
    expect(JSON.parse(bad.stdout)).toMatchObject({ diagnostics: [{ code: 'import-no-key' }] });
  });

  it('asks for the password on a terminal, and does not show it', async () => {
    writePfx(place, 'ask.pfx', parts, password);
    const program = join(import.meta.dirname, '../../../dist/bin.js');
    const command = `'${process.execPath}' '${program}' cert import ask.pfx --store asked`;
    const child = execa('script', ['-qec', command, '/dev/null'], {
      cwd: place.folder,
      reject: false,
      timeout: 100_000,
    });
    let shown = '';
    child.stdout.on('data', (text) => {
      shown += text;
      if (!shown.endsWith('Password of ask.pfx: ')) return;
      shown = '';
      child.stdin.write(`${password}\n`);
    });
    const { stdout, exitCode } = await child;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('entered api.example.com as version 1');
    expect(stdout).not.toContain(password);
  });
});
