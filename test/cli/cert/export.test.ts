import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa, execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { chain } from '../../ca.ts';
import { isRoot } from '../as-nobody.ts';
import { emptyPath, Workplace } from '../workplace.ts';

const host = 'domino.example.com';
const place = new Workplace();
const yesterday = new Date(Date.now() - 86_400_000);
const secret = 'Hj7-never-seen-0';
place.write('secret', `${secret}\n`, 0o600);
const made = () => chain([host], { notBefore: yesterday });
const { fullchain, leaf, root } = made();

let count = 0;
async function stored() {
  count += 1;
  const store = `store${count}`;
  place.write(`all${count}.pem`, fullchain + leaf.key, 0o600);
  const run = await place.keepgate(['cert', 'import', `all${count}.pem`, '--name', 'api', '--store', store]);
  expect(run.exitCode).toBe(0);
  return store;
}
const exported = (store: string, ...args: string[]) =>
  place.keepgate(['cert', 'export', 'api', '--store', store, ...args]);

function opened(path: string, password: string): string {
  const env = { ...process.env, PASS: password };
  const args = ['pkcs12', '-in', join(place.folder, path), '-nodes', '-passin', 'env:PASS'];
  return execFileSync('openssl', args, { env, encoding: 'utf8', stdio: 'pipe' });
}

describe('cert export', () => {
  it("writes a PFX for the folder's owner alone, and leaves what is there", async () => {
    const store = await stored();
    mkdirSync(join(place.folder, 'data'));
    if (isRoot) chownSync(join(place.folder, 'data'), 1234, 1235);
    const args = ['--as', 'pfx', '--out', 'data/api.pfx', '--password-file', 'secret'];
    const run = await exported(store, ...args);
    expect(run).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `wrote ${join(place.folder, 'data/api.pfx')} (pfx, alias api)\n`,
    });
    const { mode, uid, gid } = statSync(join(place.folder, 'data/api.pfx'));
    const { uid: ownerUid, gid: ownerGid } = isRoot ? { uid: 1234, gid: 1235 } : statSync(join(place.folder, 'data'));
    expect([mode & 0o777, uid, gid]).toEqual([0o600, ownerUid, ownerGid]);
    expect(opened('data/api.pfx', secret)).toContain('friendlyName: api\n');
    const before = readFileSync(join(place.folder, 'data/api.pfx'));
    expect(await exported(store, ...args)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('file-exists'),
    });
    expect(readFileSync(join(place.folder, 'data/api.pfx'))).toEqual(before);
    expect((await exported(store, ...args, '--replace')).exitCode).toBe(0);
    expect(readdirSync(join(place.folder, 'data'))).toEqual(['api.pfx']);
  });

  it('writes PEM: chain and key, the key encrypted only when asked for', async () => {
    const store = await stored();
    const run = await exported(store, '--as', 'pem', '--out', 'chain.pem', '--format', 'json');
    const files = ['chain.pem', 'chain.key'].map((name) => join(place.folder, name));
    expect(JSON.parse(run.stdout)).toMatchObject({ as: 'pem', files, keptCurrent: false, diagnostics: [] });
    const contents = files.map((path) => readFileSync(path, 'utf8'));
    expect(contents).toEqual([fullchain, leaf.key]);
    expect(files.map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
    await exported(store, '--as', 'pem', '--out', 'c2.pem', '--key-out', 'k2.pem', '--password-file', 'secret');
    const key = readFileSync(join(place.folder, 'k2.pem'), 'utf8');
    expect(key).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(createPrivateKey({ key, passphrase: secret }).equals(createPrivateKey(leaf.key))).toBe(true);
  });

  it("takes files of the user's own in any order, drops the root, and lets an empty password be", async () => {
    const [own = '', intermediate = ''] = fullchain.split(/(?<=END CERTIFICATE-----\n)/);
    place.write('mixed.pem', root.certificate + intermediate + own);
    place.write('own.key', leaf.key, 0o600);
    const args = ['cert', 'export', '--cert', 'mixed.pem', '--key', 'own.key', '--as', 'pfx', '--out', 'own.pfx'];
    const run = await place.keepgate([...args, '--no-password', '--friendly-name', 'Düsseldorf']);
    expect(run.exitCode).toBe(0);
    const text = opened('own.pfx', '');
    expect([...text.matchAll(/^subject=.*CN ?= ?(.*)$/gm)].map(([, name]) => name)).toEqual([
      host,
      'test intermediate',
    ]);
  });

  it('shows the password to nobody: no argument, message or file that others can read', async () => {
    const store = await stored();
    const seen = new Set<string>();
    let ended = false;
    const watch = (async () => {
      while (!ended) {
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
          try {
            seen.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '));
          } catch {
            // It has ended.
          }
        await pause(5);
      }
    })();
    const jks = ['--as', 'jks', '--out', 'q.jks', '--password-env', 'DOMINO_PW', '--keep-current'];
    // OpenSSL ends within milliseconds: with the same arguments, so that they are seen, it waits before it begins.
    const openssl = execaSync('which', ['openssl']).stdout;
    place.write('slow/openssl', `#!/bin/sh\nsleep 0.5\nexec '${openssl}' "$@"\n`, 0o755);
    const env = { DOMINO_PW: secret, PATH: `${place.folder}/slow:${process.env.PATH}` };
    const renewed = made();
    place.write('renewed.pem', renewed.fullchain + renewed.leaf.key, 0o600);
    place.write('domino/keepconfig.d/ports.json', '{}');
    place.write('domino/notes.ini', '[Notes]\n');
    const tls = ['domino', 'tls', '--data', 'domino', '--as', 'jks', '--file', join(place.folder, 'q.jks')];
    const more = ['--password-file', 'secret', '--host', host, '--no-lookup'];
    const runs = [
      await exported(store, '--as', 'pfx', '--out', 'p.pfx', '--password-file', 'secret'),
      await exported(store, '--as', 'pem', '--out', 'p.pem', '--password-file', 'secret', '--format', 'json'),
      await place.keepgate(['cert', 'export', 'api', '--store', store, ...jks], { env }),
      await exported(store, '--as', 'pfx', '--out', 'nowhere/p.pfx', '--password-file', 'secret'),
      await place.keepgate(['cert', 'import', 'renewed.pem', '--name', 'api', '--store', store], { env }),
      await place.keepgate([...tls, ...more, '--dry-run']),
      await place.keepgate([...tls, ...more]),
      await place.keepgate([...tls, ...more, '--undo', '--dry-run']),
    ];
    ended = true;
    await watch;
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 4, 0, 0, 0, 0]);
    expect([...seen].some((line) => line.includes('openssl pkcs12 -export'))).toBe(true);
    expect([...seen].some((line) => line.includes('-importkeystore'))).toBe(true);
    expect([...seen].filter((line) => line.includes(secret))).toEqual([]);
    expect(runs.map(({ stdout, stderr }) => stdout + stderr).join('')).not.toContain(secret);
    const unsure = runs.map(({ stderr }) => stderr.includes('export-password-variable'));
    expect(unsure).toEqual([false, false, true, false, false, false, false, false]);
    const files = readdirSync(place.folder, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(place.folder, name),
    );
    const open = files.filter((path) => statSync(path).isFile() && (statSync(path).mode & 0o077) !== 0);
    expect(open.filter((path) => /PRIVATE|\0.{0,2}\xfe\xed/.test(readFileSync(path, 'latin1')))).toEqual([]);
    expect(open.filter((path) => readFileSync(path, 'latin1').includes(secret))).toEqual([]);
    expect(runs[2]?.stderr).toContain('JKS is legacy');
  }, 120_000);

  it.each<[string, string[], string]>([
    ['a short password of a JKS', ['--as', 'jks', '--password-file', 'short'], 'export-password'],
    ['a JKS without one', ['--as', 'jks', '--no-password'], 'export-password'],
    ['one that Java does not take', ['--as', 'pfx', '--password-file', 'umlaut'], 'export-password'],
    ['no such password file', ['--as', 'pfx', '--password-file', 'nothing'], 'export-password-missing'],
    ['no such variable', ['--as', 'pfx', '--password-env', 'NOT_THERE'], 'export-password-missing'],
  ])('refuses %s', async (_, args, code) => {
    place.write('short', '12345\n', 0o600);
    place.write('umlaut', 'Grün 4242\n', 0o600);
    const store = await stored();
    const run = await exported(store, '--out', 'refused.store', ...args);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(`error ${code}`);
    expect(run.stderr).not.toMatch(/12345|4242/);
    expect(existsSync(join(place.folder, 'refused.store'))).toBe(false);
  });

  it.each<[string[], RegExp]>([
    [['--as', 'pfx', '--out', 'x.pfx'], /give the password with --password-file/],
    [['--as', 'pfx'], /--out FILE/],
    [['--out', 'x'], /--as pem, --as pfx/],
    [['--as', 'pfx', '--out', 'x', '--no-password', '--password-file', 'secret'], /take one of/],
    [['--as', 'pfx', '--out', 'x', '--no-password', '--owner', 'root'], /--owner takes/],
    [['--as', 'pfx', '--out', 'x', '--no-password', '--hook', '/bin/true'], /--hook belongs to --keep-current/],
    [['--as', 'pem', '--out', 'x', '--key-out', 'x'], /files of their own/],
  ])('names what is missing: %s', async (args, message) => {
    const run = await exported('store1', ...args);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(message) });
  });

  it('says what to install', async () => {
    const store = await stored();
    const run = (as: string, PATH: string) =>
      place.keepgate(
        ['cert', 'export', 'api', '--store', store, '--as', as, '--out', 'm.x', '--password-file', 'secret'],
        {
          env: { PATH, JAVA_HOME: undefined },
        },
      );
    expect(await run('pfx', emptyPath)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/openssl-missing[\s\S]*apt-get install openssl/),
    });
    mkdirSync(join(place.folder, 'bin'), { recursive: true });
    const openssl = realpathSync(execFileSync('which', ['openssl'], { encoding: 'utf8' }).trim());
    place.write('bin/openssl', `#!/bin/sh\nexec ${openssl} "$@"\n`, 0o755);
    expect(await run('jks', join(place.folder, 'bin'))).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/keytool-missing[\s\S]*openjdk-17-jre-headless/),
    });
  });

  it('warns of a password file that everyone can read', async () => {
    place.write('loose', `${secret}\n`, 0o644);
    const run = await exported(await stored(), '--as', 'pfx', '--out', 'w.pfx', '--password-file', 'loose');
    expect(run).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('warning export-password-open') });
  });

  it('asks for the password twice on a terminal, and shows it not', async () => {
    const store = await stored();
    const program = join(import.meta.dirname, '../../../dist/bin.js');
    const command = `'${process.execPath}' '${program}' cert export api --store ${store} --as pfx --out asked.pfx`;
    const child = execa('script', ['-qec', command, '/dev/null'], {
      cwd: place.folder,
      reject: false,
      timeout: 100_000,
    });
    let shown = '';
    child.stdout.on('data', (text) => {
      shown += text;
      if (!/(?:none\)|again): $/.test(shown)) return;
      shown = '';
      child.stdin.write(`${secret}\n`);
    });
    const { stdout, exitCode } = await child;
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain(secret);
    expect(opened('asked.pfx', secret)).toContain('friendlyName: api\n');
  });
});

describe('an export that is kept current', () => {
  const hook = (name: string, text: string) => place.write(name, `#!/bin/sh\n${text}\n`, 0o755);

  it('is made anew with its certificate, and its hook runs; a failure is a finding, and is tried again', async () => {
    chmodSync(place.folder, 0o755);
    const store = await stored();
    const log = join(place.folder, 'hook.log');
    const program = hook('reload', `printf '%s %s\\n' "$KEEPGATE_NAME" "$KEEPGATE_EXPORT" >> ${log}`);
    const out = join(place.folder, 'kept/api.pfx');
    mkdirSync(join(place.folder, 'kept'));
    const args = ['--as', 'pfx', '--out', out, '--password-file', 'secret', '--keep-current', '--hook', program];
    expect((await exported(store, ...args)).stderr).toContain(
      `made anew whenever the certificate is, with the password in ${join(place.folder, 'secret')}, and then runs ${program}.`,
    );
    expect(existsSync(log)).toBe(false);
    const text = readFileSync(join(place.folder, store, 'certificates/api/exports.json'), 'utf8');
    expect(text).not.toContain(secret);

    const renewed = made();
    place.write('next.pem', renewed.fullchain + renewed.leaf.key, 0o600);
    const entered = await place.keepgate(['cert', 'import', 'next.pem', '--name', 'api', '--store', store]);
    expect(entered).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('error') });
    expect(opened('kept/api.pfx', secret)).toContain(renewed.leaf.certificate.split('\n')[5]);
    expect(readFileSync(log, 'utf8')).toBe(`api ${out}\n`);

    const third = made();
    place.write('third.pem', third.fullchain + third.leaf.key, 0o600);
    place.write('secret', 'ü\n', 0o600);
    const failed = await place.keepgate(['cert', 'import', 'third.pem', '--name', 'api', '--store', store]);
    expect(failed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('error export-not-current') });
    expect(readFileSync(join(place.folder, store, 'live/api/fullchain.pem'), 'utf8')).toBe(third.fullchain);
    place.write('secret', `${secret}\n`, 0o600);
    expect(opened('kept/api.pfx', secret)).toContain(renewed.leaf.certificate.split('\n')[5]);

    const later = await place.keepgate(['cert', 'renew', '--store', store, '--no-reload', '--format', 'json']);
    expect(later.exitCode).toBe(0);
    expect(opened('kept/api.pfx', secret)).toContain(third.leaf.certificate.split('\n')[5]);
    expect(readFileSync(log, 'utf8')).toBe(`api ${out}\n`.repeat(2));
    await place.keepgate(['cert', 'renew', '--store', store, '--no-reload']);
    expect(readFileSync(log, 'utf8')).toBe(`api ${out}\n`.repeat(2));
  });

  it('is no longer after --no-keep-current, and needs a password that nobody has to type', async () => {
    const store = await stored();
    const out = ['--as', 'pem', '--out', 'k.pem'];
    await exported(store, ...out, '--keep-current');
    const kept = () =>
      JSON.parse(readFileSync(join(place.folder, store, 'certificates/api/exports.json'), 'utf8')).exports;
    expect(kept()).toHaveLength(1);
    await exported(store, ...out, '--no-keep-current');
    expect(kept()).toEqual([]);
  });

  const entriesOf = (store: string) =>
    JSON.parse(readFileSync(join(place.folder, store, 'certificates/api/exports.json'), 'utf8')).exports;

  it('replaces its own files alone: those that it names', async () => {
    const store = await stored();
    await exported(store, '--as', 'pem', '--out', 'mine.pem', '--keep-current');
    const precious = place.write('precious.key', 'the only copy', 0o600);
    const [entry] = entriesOf(store);
    const run = await exported(store, '--as', 'pem', '--out', 'mine.pem', '--key-out', 'precious.key');
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('error file-exists') });
    expect(run.stderr).toContain('--key-out');
    expect(readFileSync(precious, 'utf8')).toBe('the only copy');
    expect(entriesOf(store)).toEqual([entry]);
    expect((await exported(store, '--as', 'pem', '--out', 'mine.pem')).exitCode).toBe(0);
    const moved = await exported(store, '--as', 'pem', '--out', 'mine.pem', '--key-out', 'new.key');
    expect(moved.exitCode).toBe(0);
    expect(entriesOf(store)).toEqual([{ ...entry, keyOut: join(place.folder, 'new.key') }]);
  });

  it('is remembered as it was made last, with the hook that it had', async () => {
    const store = await stored();
    chmodSync(place.folder, 0o755);
    const [first, second] = [hook('first', 'exit 0'), hook('second', 'exit 0')];
    const again = (...args: string[]) => exported(store, '--out', 'r.store', ...args);
    const path = join(place.folder, 'secret');
    const out = join(place.folder, 'r.store');
    const { fingerprint } = JSON.parse(
      (await again('--as', 'pfx', '--no-password', '--keep-current', '--hook', first, '--format', 'json')).stdout,
    );
    const entry = { as: 'pfx', out, alias: 'api', owner: 'auto', password: 'none', hook: first, fingerprint };
    expect(entriesOf(store)).toEqual([entry]);

    const run = await again('--as', 'jks', '--password-file', 'secret', '--alias', 'b', '--owner', 'keep');
    expect(run.stderr).toContain(`with the password in ${path}, and then runs ${first}.`);
    const changed = { ...entry, as: 'jks', alias: 'b', owner: 'keep', password: { file: path } };
    expect(entriesOf(store)).toEqual([changed]);

    const typed = await again('--as', 'pfx');
    expect(typed).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/kept current.*--no-keep-current/s) });
    expect(entriesOf(store)).toEqual([changed]);

    await again('--as', 'pfx', '--no-password', '--keep-current');
    expect(entriesOf(store)).toEqual([entry]);
    await again('--as', 'pfx', '--no-password', '--hook', second);
    expect(entriesOf(store)).toEqual([{ ...entry, hook: second }]);
    const { hook: _, ...bare } = entry;
    expect((await again('--as', 'pfx', '--no-password', '--no-hook')).stderr).toContain('without a hook');
    expect(entriesOf(store)).toEqual([bare]);
  }, 240_000);
});
