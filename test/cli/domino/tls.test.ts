import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { toJks } from '../../../src/certs/export/jks.ts';
import { toPfx } from '../../../src/certs/export/pfx.ts';
import { pemBlocks } from '../../../src/certs/pem.ts';
import { addVersion, openStore, switchTo } from '../../../src/certs/store.ts';
import { issued } from '../../certs/store-folder.ts';
import { dataFolder, json, snapshot } from '../../domino/data-folder.ts';
import { parts } from '../../parts.ts';
import { Workplace } from '../workplace.ts';

const place = new Workplace();
/** A PFX with this password. */
async function pfxOf(password: string, names = ['domino.example.com', 'no-such-host.invalid']): Promise<Buffer> {
  return (await toPfx(issued(names), { as: 'pfx', password, alias: 'domino' })).store;
}
const stores = {
  open: await pfxOf(''),
  closed: await pfxOf('secret'),
  wildcard: await pfxOf('', ['*.example.com']),
  other: await pfxOf('', ['other.example.com']),
};
const isRoot = process.getuid?.() === 0;
const ini = '[Notes]\r\nKitType=2\r\nkeepmanagementurl=http://localhost:8889\r\nDirectory=/daten/M\xFCller\r\n';
const files = { 'notes.ini': Buffer.from(ini, 'latin1'), 'keepgate/domino.pfx': stores.open };
const pfx = ['--as', 'pfx', '--file', 'keepgate/domino.pfx'];
const named = ['--host', 'domino.example.com', '--no-lookup'];
const consoleHint = `
Next, on Domino's console (load restapi instead, if the task doesn't run)
  tell restapi reload
`;

const tls = (data: string, ...args: string[]) => place.keepgate(['domino', 'tls', '--data', data, ...args]);

/** A store with one certificate of these names. */
async function storeWith(...names: string[]): Promise<string> {
  const store = openStore(join(place.folder, `store-${names.join('-').replace('*', '_')}`));
  switchTo(store, 'domino', await addVersion(store, 'domino', issued(names), new Date()));
  return store.root;
}

describe('domino tls', () => {
  it('writes the overlay and KeepManagementURL, tells what to do, and undoes it', async () => {
    const data = dataFolder({ ...files, 'keepconfig.d/ports.json': { MANAGMENTPORT: 9889 } });
    const before = snapshot(data);
    const store = await storeWith('*.example.org', 'domino.example.com', 'www.example.com');
    const args = ['domino', ...pfx, '--store', store, '--no-lookup'];
    const run = await tls(data, ...args);
    expect(run).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `wrote keepconfig.d/keepgate-tls.json and notes.ini in ${data}; --undo puts back what was there (keepgate-backup/0001-tls)\n${consoleHint}`,
    });
    expect(json(data, 'keepgate-tls.json')).toEqual({
      TLSType: 'pfx',
      TLSFile: `${data}/keepgate/domino.pfx`,
      TLSPassword: '',
    });
    expect(statSync(join(data, 'keepconfig.d/keepgate-tls.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(data, 'notes.ini'), 'latin1')).toBe(
      ini.replace(/keepm.*8889/, 'KeepManagementURL=https://domino.example.com:9889'),
    );
    expect(await tls(data, ...args)).toMatchObject({
      exitCode: 0,
      stderr: `nothing to change in ${data}\n${consoleHint}`,
    });
    expect(await tls(data, '--undo')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(snapshot(data)).toEqual(before);
    expect(await tls(data, '--undo')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('domino-nothing-to-undo'),
    });
  });

  it('shows with --dry-run what would change, and changes nothing; secrets stay hidden', async () => {
    const data = dataFolder({ ...files, 'keepconfig.d/keepgate-tls.json': { TLSPassword: 'old-secret', mine: 1 } });
    const before = snapshot(data);
    const password = place.write('password.txt', 'new-secret\n', 0o600);
    const { exitCode, stdout, stderr } = await tls(data, ...pfx, ...named, '--password-file', password, '--dry-run');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(
      '--- a/notes.ini\n+++ b/notes.ini\n@@ -3,1 +3,1 @@\n-keepmanagementurl=http://localhost:8889\n+Keep',
    );
    expect(stdout).toContain('+++ b/keepconfig.d/keepgate-tls.json\n');
    expect(stdout).toMatch(/^-.*"\(hidden\)"/m);
    expect(stdout).toMatch(/^\+.*"\(hidden, a new one\)"/m);
    expect(stdout).not.toMatch(/secret/);
    expect(snapshot(data)).toEqual(before);
    expect(existsSync(join(data, 'keepgate-backup'))).toBe(false);
  });

  it('keeps unknown keys, and a password out of everything but a file that nobody else can read', async () => {
    const data = dataFolder({
      ...files,
      'keepconfig.d/keepgate-tls.json': '{\n\t// mine\n\t"enabledProtocols": {"TLSv1.3": true}\n}',
    });
    chmodSync(join(data, 'keepconfig.d/keepgate-tls.json'), 0o644);
    const password = place.write('password.txt', 'geheim-1\nsecond line\n', 0o600);
    const { exitCode, stdout, stderr } = await tls(data, ...pfx, ...named, '--password-file', password);
    expect({ exitCode, said: `${stdout}${stderr}`.includes('geheim') }).toEqual({ exitCode: 0, said: false });
    const text = readFileSync(join(data, 'keepconfig.d/keepgate-tls.json'), 'utf8');
    expect(text).toContain('\n\t// mine\n\t"enabledProtocols": {\n');
    expect(text).toContain('\t"TLSPassword": "geheim-1"\n}');
    const open = Object.entries(snapshot(data)).filter(([, content]) => content.includes('geheim-1'));
    expect(open.map(([name, content]) => [name, content.split(' ')[0]])).toEqual([
      ['keepconfig.d/keepgate-tls.json', '600'],
    ]);
    // the next one leaves none behind
    await tls(data, ...pfx, ...named, '--password-in-environment');
    expect(json(data, 'keepgate-tls.json')).toEqual({
      enabledProtocols: { 'TLSv1.3': true },
      TLSType: 'pfx',
      TLSFile: `${data}/keepgate/domino.pfx`,
    });
  });

  it('takes a password of the environment file for one of the environment', async () => {
    const data = dataFolder(files);
    const env = place.write('domino.env', 'TLSPassword=geheim-2\nMANAGMENTPORT=7889\n', 0o600);
    const { exitCode } = await tls(data, ...pfx, ...named, '--environment-file', env);
    expect(exitCode).toBe(0);
    expect(json(data, 'keepgate-tls.json')).not.toHaveProperty('TLSPassword');
    expect(readFileSync(join(data, 'notes.ini'), 'latin1')).toContain(
      'KeepManagementURL=https://domino.example.com:7889\r\n',
    );
  });

  it('names the host of the chain, with pem', async () => {
    const { fullchain, key } = issued(['domino.example.com']);
    const data = dataFolder({ ...files, 'keepgate/a.key': key, 'keepgate/a.crt': fullchain });
    const args = ['--as', 'pem', '--file', 'keepgate/a.key', '--chain', 'keepgate/a.crt', '--no-lookup'];
    expect(await tls(data, ...args)).toMatchObject({ exitCode: 0 });
    expect(json(data, 'keepgate-tls.json')).toEqual({
      TLSType: 'pem',
      TLSFile: `${data}/keepgate/a.key`,
      PEMCert: `${data}/keepgate/a.crt`,
      TLSPassword: '',
    });
    expect(readFileSync(join(data, 'notes.ini'), 'latin1')).toContain('=https://domino.example.com:8889\r\n');
  });

  it('prepares everything for another machine', async () => {
    const out = join(place.folder, 'prepared');
    const args = ['--out', 'prepared', '--path-style', 'windows', ...pfx.slice(0, 3), 'keepgate\\domino.pfx', ...named];
    const { exitCode, stderr } = await tls('C:\\Domino\\Data', ...args);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('prepared to C:\\Domino\\Data'),
    });
    expect(stderr).toContain('\n  KeepManagementURL=https://domino.example.com:8889\n');
    expect(stderr).toMatch(/info domino-key-store: there is no prepared\/keepgate\/domino.pfx/);
    expect(json(out, 'keepgate-tls.json')).toMatchObject({ TLSFile: 'C:/Domino/Data/keepgate/domino.pfx' });
    expect(readdirSync(out).sort()).toEqual(['keepconfig.d', 'keepgate-backup']);
    writeFileSync(join(out, 'notes.ini'), '[Notes]\r\n');
    expect(await tls('C:\\Domino\\Data', ...args)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(out, 'notes.ini'), 'utf8')).toBe(
      '[Notes]\r\nKeepManagementURL=https://domino.example.com:8889\r\n',
    );
  });

  it.runIf(isRoot)(
    'as root, leaves the files to the user of Domino, who has to be able to read the key store',
    async () => {
      const data = dataFolder(files);
      for (const name of ['', 'keepconfig.d', 'notes.ini']) chownSync(join(data, name), 12_345, 12_345);
      execFileSync('chmod', ['711', join(data, '..')]);
      const refused = await tls(data, ...pfx, ...named);
      expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('who may not read it') });
      chownSync(join(data, 'keepgate/domino.pfx'), 12_345, 12_345);
      expect(await tls(data, ...pfx, ...named)).toMatchObject({ exitCode: 0 });
      for (const name of ['keepconfig.d/keepgate-tls.json', 'notes.ini', 'keepgate-backup', 'keepgate-backup/0001-tls'])
        expect([name, statSync(join(data, name)).uid]).toEqual([name, 12_345]);
    },
  );
});

describe.runIf(isRoot)("as root, an overlay that is root's", () => {
  it('and has a password in it now becomes the file of the user of Domino, who could not read it else', async () => {
    const data = dataFolder({ ...files, 'keepconfig.d/keepgate-tls.json': {} });
    execFileSync('chmod', ['711', join(data, '..')]);
    for (const name of ['', 'keepconfig.d', 'keepgate/domino.pfx']) chownSync(join(data, name), 12_345, 12_346);
    chmodSync(join(data, 'keepconfig.d/keepgate-tls.json'), 0o644);
    const owner = () => {
      const { uid, gid, mode } = statSync(join(data, 'keepconfig.d/keepgate-tls.json'));
      return { uid, gid, mode: mode & 0o777 };
    };
    expect(await tls(data, ...pfx, ...named)).toMatchObject({ exitCode: 0 });
    expect(owner()).toEqual({ uid: 0, gid: 0, mode: 0o644 });
    const password = place.write('password.txt', 'geheim-1\n', 0o600);
    expect(await tls(data, ...pfx, ...named, '--password-file', password)).toMatchObject({ exitCode: 0 });
    expect(owner()).toEqual({ uid: 12_345, gid: 12_346, mode: 0o600 });
  });
});

describe('domino tls --out', () => {
  const args = (out: string) => ['--out', out, '--as', 'certmgr', ...named];

  it('with --dry-run shows what would be in a folder that is not there, and makes none', async () => {
    const { exitCode, stdout, stderr } = await tls('/data', ...args('not-yet'), '--dry-run');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining('there is no notes.ini in not-yet'),
    });
    expect(stdout).toContain('+++ b/keepconfig.d/keepgate-tls.json\n');
    expect(existsSync(join(place.folder, 'not-yet'))).toBe(false);
  });

  it.each(['a-file', 'a-file/below'])('on %s is refused', async (out) => {
    place.write('a-file', '');
    for (const more of [[], ['--dry-run']])
      expect(await tls('/data', ...args(out), ...more)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining(
          `error domino-folder: ${out} can't be used: it is a symbolic link, or not a folder`,
        ),
      });
  });
});

describe('domino tls refuses', () => {
  const pair = issued(['domino.example.com']);
  const reversed = pemBlocks(Buffer.from(pair.fullchain))
    .map(({ text }) => text)
    .reverse()
    .join('');
  const encrypted = createPrivateKey(pair.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString();
  const jks = ['--as', 'jks', '--file', 'keepgate/domino.pfx'];
  const certmgr = ['--as', 'certmgr'];
  const cases: readonly (readonly [
    what: string,
    code: string,
    files: Record<string, string | object>,
    args: readonly string[],
  ])[] = [
    [
      'a HOST on loopback',
      'domino-host-loopback',
      { 'keepconfig.d/p.json': { HOST: '127.0.0.1' } },
      [...pfx, ...named],
    ],
    ['a name that leads nowhere', 'domino-host-elsewhere', {}, [...pfx, '--host', 'no-such-host.invalid']],
    ['localhost', 'domino-host-local', {}, [...pfx, '--host', 'localhost', '--no-lookup']],
    ['::1', 'domino-host-local', {}, [...pfx, '--host', '::1', '--no-lookup']],
    ['a wildcard as a name', 'domino-host-local', {}, [...pfx, '--host', '*.example.com', '--no-lookup']],
    ['a key store without a name', 'domino-host-unknown', { 'keepgate/domino.pfx': stores.wildcard }, pfx],
    ['what is no key store', 'domino-key-store', { 'keepgate/domino.pfx': 'junk' }, [...pfx, ...named]],
    [
      'a key store with another password',
      'domino-key-store',
      { 'keepgate/domino.pfx': stores.closed },
      [...pfx, ...named],
    ],
    [
      'a key store whose certificate is not for the name',
      'domino-host-not-in-certificate',
      { 'keepgate/domino.pfx': stores.other },
      [...pfx, ...named],
    ],
    [
      'the certificate of another key',
      'domino-key-store',
      { 'a.key': issued(['domino.example.com']).key, 'a.crt': issued(['domino.example.com']).fullchain },
      ['--as', 'pem', '--file', 'a.key', '--chain', 'a.crt', ...named],
    ],
    [
      'a chain without its key',
      'domino-key-store',
      { 'a.key': issued(['domino.example.com']).fullchain, 'a.crt': issued(['domino.example.com']).fullchain },
      ['--as', 'pem', '--file', 'a.key', '--chain', 'a.crt', ...named],
    ],
    [
      'key and chain exchanged',
      'domino-key-store',
      { 'a.key': pair.key, 'a.crt': pair.fullchain },
      ['--as', 'pem', '--file', 'a.crt', '--chain', 'a.key', ...named],
    ],
    [
      'an encrypted key',
      'domino-key-store',
      { 'a.key': encrypted, 'a.crt': pair.fullchain },
      ['--as', 'pem', '--file', 'a.key', '--chain', 'a.crt', ...named],
    ],
    [
      'a chain in reverse order',
      'domino-key-store',
      { 'a.key': pair.key, 'a.crt': reversed },
      ['--as', 'pem', '--file', 'a.key', '--chain', 'a.crt', ...named],
    ],
    [
      'a key that is the chain, too',
      'domino-key-store',
      { 'a.key': pair.key, 'a.crt': pair.fullchain },
      ['--as', 'pem', '--file', 'a.key', '--chain', 'a.key', ...named],
    ],
    ['a later file', 'domino-overridden', { 'keepconfig.d/zz.json': { TLSType: 'jks' } }, [...pfx, ...named]],
    ['a missing key store', 'domino-key-store', {}, [...pfx.slice(0, 3), 'no.pfx', ...named]],
    ['JKS without a password', 'domino-password-short', {}, [...jks, ...named]],
    ['a file that is no JSON', 'domino-config-invalid', { 'keepconfig.d/a.json': '{' }, [...certmgr, ...named]],
    [
      'a key twice in its own file',
      'domino-config-invalid',
      { 'keepconfig.d/keepgate-tls.json': '{"a":1,"a":2}' },
      [...certmgr, ...named],
    ],
    [
      'a port as a text',
      'domino-config-value',
      { 'keepconfig.d/a.json': { MANAGMENTPORT: '1' } },
      [...certmgr, ...named],
    ],
    [
      'the setting twice',
      'domino-ini-twice',
      { 'notes.ini': 'KeepManagementURL=a\nkeepmanagementurl=b\n' },
      [...certmgr, ...named],
    ],
    ['UTF-16', 'domino-ini-not-text', { 'notes.ini': '[\0N\0' }, [...certmgr, ...named]],
  ];

  it.each(cases)('%s (%s), and changes nothing', async (_what, code, more, args) => {
    const data = dataFolder({ ...files, ...more });
    const before = snapshot(data);
    const { exitCode, stdout, stderr } = await tls(data, ...args);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(`error ${code}: `),
    });
    expect(snapshot(data)).toEqual(before);
    expect(existsSync(join(data, 'keepgate-backup'))).toBe(false);
  });

  it('key and chain exchanged, also where a certificate of the store names the host, and says which is which', async () => {
    const data = dataFolder({ ...files, 'a.key': pair.key, 'a.crt': pair.fullchain });
    const store = await storeWith('domino.example.com');
    const before = snapshot(data);
    const args = ['domino', '--store', store, '--no-lookup', '--as', 'pem'];
    const { exitCode, stderr } = await tls(data, ...args, '--file', 'a.crt', '--chain', 'a.key');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining(
        `${data}/a.crt holds the certificates and ${data}/a.key the private key: exchange what --file and --chain name`,
      ),
    });
    expect(snapshot(data)).toEqual(before);
    expect(await tls(data, ...args, '--file', 'a.key', '--chain', 'a.crt')).toMatchObject({ exitCode: 0 });
  });

  it('a closed key exchanged with its chain, although nobody knows the password here', async () => {
    const data = dataFolder({ ...files, 'a.key': encrypted, 'a.crt': pair.fullchain });
    const args = (file: string, chain: string) => ['--as', 'pem', '--file', file, '--chain', chain, ...named];
    const wrong = await tls(data, ...args('a.crt', 'a.key'), '--password-in-environment');
    expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('exchange what --file and --chain') });
    expect(await tls(data, ...args('a.key', 'a.crt'), '--password-in-environment')).toMatchObject({ exitCode: 0 });
  });

  it('a JKS that its password does not open', async () => {
    process.env.PATH = `${process.env.PATH}:${dirname(parts.keytool)}`;
    const store = await toJks(issued(['domino.example.com']), { as: 'jks', password: 'right-one', alias: 'domino' });
    const data = dataFolder({ ...files, 'a.jks': store.store });
    const given = (password: string) =>
      tls(data, '--as', 'jks', '--file', 'a.jks', ...named, '--password-file', place.write('p', password, 0o600));
    expect(await given('wrong-one')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`error domino-key-store: ${data}/a.jks is damaged, or has another password`),
    });
    expect(await given('right-one')).toMatchObject({ exitCode: 0 });
  });

  it('nothing that it can not open for want of the password', async () => {
    const data = dataFolder({ ...files, 'keepgate/domino.pfx': stores.closed });
    const run = await tls(data, ...pfx, ...named, '--password-in-environment');
    expect(run).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('was not opened: its password is not known'),
    });
  });

  it('a name that the certificate is not for', async () => {
    const data = dataFolder(files);
    const store = await storeWith('*.example.net');
    const { stderr } = await tls(data, 'domino', ...pfx, '--store', store, ...named);
    expect(stderr).toContain('error domino-host-not-in-certificate: ');
    expect((await tls(data, 'domino', ...pfx, '--store', store, '--no-lookup')).stderr).toContain(
      'domino-host-unknown',
    );
    const fits = await tls(data, 'domino', ...pfx, '--store', store, '--host', 'a.example.net', '--no-lookup');
    expect(fits.exitCode).toBe(0);
  });

  it('a setting of the environment, and shows the lines that stand twice', async () => {
    const data = dataFolder({ ...files, 'notes.ini': '[Notes]\nKeepManagementURL=a\nKEEPMANAGEMENTURL=b\n' });
    const env = place.write('type.env', 'TLSType=jks\n');
    const { stderr } = await tls(data, ...pfx, ...named, '--environment-file', env);
    expect(stderr).toContain('TLSType in keepgate-tls.json would not count: the environment comes later');
    expect(stderr).toContain('line 2: KeepManagementURL=a; line 3: KEEPMANAGEMENTURL=b');
  });

  it('links and FIFOs in the place of its files', async () => {
    for (const name of ['notes.ini', 'keepconfig.d/keepgate-tls.json', 'keepconfig.d/other.json']) {
      const data = dataFolder({ ...files, secret: '{}' });
      rmSync(join(data, name), { force: true });
      symlinkSync(join(data, 'secret'), join(data, name));
      expect(await tls(data, ...pfx, ...named)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('domino-file-kind'),
      });
      rmSync(join(data, name));
      execFileSync('mkfifo', [join(data, name)]);
      expect(await tls(data, ...pfx, ...named)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('domino-file-kind'),
      });
      expect(readFileSync(join(data, 'secret'), 'utf8')).toBe('{}');
    }
  });

  it.each([
    [[], "name Domino's data folder with --data, as Domino sees it"],
    [['--data', '.'], 'say with --as what the key store is: jks, pfx, pem or certmgr'],
    [['--data', '.', '--as', 'pfx'], '--as pfx needs --file, the path of the key store'],
    [['--data', '.', '--as', 'pem', '--file', 'a'], '--as pem needs --chain, the path of the certificate chain'],
    [['--data', '.', '--as', 'certmgr', '--file', 'a'], '--as certmgr takes no --file'],
    [['--data', '.', '--as', 'pfx', '--file', '../a'], '"../a" leads out of the data folder'],
    [
      ['--data', '.', '--path-style', 'windows'],
      '--path-style windows prepares files for another machine: say with --out where',
    ],
    [['--data', 'x', '--out', '.'], '--data with --out is an absolute path of the other machine, not "x"'],
    [['--data', '.', '--overlay', '../a.json'], '--overlay takes a file name that ends in .json'],
  ])('%j', async (args, message) => {
    expect(await place.keepgate(['domino', 'tls', ...args])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `keepgate: ${message}\n`,
    });
  });

  it('a folder that is none', async () => {
    const { exitCode, stderr } = await tls(join(place.folder, 'no-such-folder'), ...pfx, ...named);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('there is no such folder') });
  });
});
