import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateNameOf } from '../../src/certs/certificate-name.ts';
import {
  addVersion,
  liveVersion,
  names,
  noteDocument,
  openStore,
  prune,
  readDocument,
  saveSettings,
  settingsOf,
  switchTo,
  type VersionMeta,
  versionsOf,
} from '../../src/certs/store.ts';
import { KeepgateError } from '../../src/diagnostic.ts';
import { certificateFiles } from '../../src/model/store-paths.ts';
import { issue } from '../ca.ts';
import { isRoot } from '../cli/as-nobody.ts';
import { issued, newPath, newStore } from './store-folder.ts';

const now = new Date();
const tomorrow = new Date(now.getTime() + 86_400_000);
const hosts = ['api.example.com'];

function refusal(act: () => unknown): { code: string; exitCode: number; message: string; help: string } {
  try {
    act();
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    const { code, message, help = '' } = error.diagnostic;
    return { code, exitCode: error.exitCode, message, help };
  }
  throw new Error('nothing was refused');
}

const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

/** The same for what takes its time. */
async function refusalOf(work: Promise<unknown>): Promise<ReturnType<typeof refusal>> {
  const error = await work.catch((reason: unknown) => reason);
  return refusal(() => {
    if (error instanceof Error) throw error;
  });
}

describe('the folder of the store', () => {
  it('is made for its user alone, and is found again', () => {
    const root = join(newPath(), 'below');
    expect(openStore(root)).toMatchObject({ root });
    expect(modeOf(root)).toBe('700');
    expect(openStore(root)).toMatchObject({ root });
  });

  it('is not made to be read', () => {
    const root = newPath();
    expect(names(openStore(root, { write: false }))).toEqual([]);
    expect(existsSync(root)).toBe(false);
  });

  it.each([0o770, 0o707, 0o720])('is refused with mode %o', (mode) => {
    const { root } = newStore();
    chmodSync(root, mode);
    expect(refusal(() => openStore(root))).toMatchObject({
      code: 'store-not-usable',
      exitCode: 4,
      help: `chmod 700 ${root}`,
    });
  });

  it('is refused when it is a file', () => {
    const root = newPath();
    writeFileSync(root, '');
    expect(refusal(() => openStore(root)).code).toBe('store-not-usable');
  });

  it.runIf(isRoot)('is refused when it belongs to another user', () => {
    const { root } = newStore();
    chownSync(root, 65_534, 65_534);
    expect(refusal(() => openStore(root))).toMatchObject({
      code: 'store-not-usable',
      message: expect.stringContaining('65534'),
    });
  });

  it('may be a link, as nothing below it may', async () => {
    const { root } = newStore();
    const link = newPath();
    symlinkSync(root, link);
    const store = openStore(link);
    mkdirSync(join(root, 'certificates'), 0o700);
    symlinkSync(newStore().root, join(root, 'certificates/api'));
    expect(
      (await refusalOf(saveSettings(store, 'api', { names: hosts, origin: 'acme', keyType: 'ec-p256' }))).code,
    ).toBe('store-not-usable');
  });

  it.each(['', '.', '..', '../x', 'a/b', '/x', '-x', '.x', 'A', 'a\0', 'a b', 'x'.repeat(256)])(
    'has no certificate called %j',
    async (name) => {
      const store = newStore();
      expect(refusal(() => liveVersion(store, name)).code).toBe('certificate-name');
      expect((await refusalOf(addVersion(store, name, issued(hosts), now))).code).toBe('certificate-name');
      expect(readdirSync(store.root)).toEqual([]);
    },
  );

  it.each([
    ['api.example.com', 'api.example.com'],
    ['*.example.com', '_.example.com'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001-db8--1'],
    ['[::1]', '0--1'],
  ])('calls the certificate of %s %s', (host, name) => {
    expect(certificateNameOf(host)).toBe(name);
  });
});

describe('settings', () => {
  it('come back, and make the certificate known', async () => {
    const store = newStore();
    expect(settingsOf(store, 'api')).toBeUndefined();
    const settings = { names: hosts, origin: 'acme', keyType: 'rsa-2048', challenge: { webroot: '/srv' } } as const;
    await saveSettings(store, 'api', settings);
    await saveSettings(store, 'api', { ...settings, reuseKey: true });
    expect(settingsOf(store, 'api')).toEqual({ ...settings, reuseKey: true });
    expect(names(store)).toEqual(['api']);
    expect(modeOf(join(store.root, 'certificates/api/settings.json'))).toBe('600');
    expect(readdirSync(join(store.root, 'certificates/api'))).toEqual(['settings.json']);
  });

  it.each(['', '[]', '{"names": []}', '{"names": ["a"], "origin": "acme", "keyType": "dsa"}'])('refuse %j', (text) => {
    const store = newStore();
    noteDocument(store, 'api', 'settings.json', {});
    writeFileSync(join(store.root, 'certificates/api/settings.json'), text);
    expect(refusal(() => settingsOf(store, 'api')).code).toBe('store-damaged');
  });

  it('are not read through a link', () => {
    const store = newStore();
    noteDocument(store, 'api', 'state.json', { failures: 1 });
    expect(readDocument(store, 'api', 'state.json')).toEqual({ failures: 1 });
    symlinkSync('state.json', join(store.root, 'certificates/api/settings.json'));
    expect(refusal(() => settingsOf(store, 'api')).code).toBe('store-damaged');
  });
});

describe('versions', () => {
  it('are whole, for their user alone, and served after the switch', async () => {
    const store = newStore();
    const given = issued(hosts, { key: 'rsa-2048' });
    const version = await addVersion(
      store,
      'api',
      { ...given, directory: 'letsencrypt', orderUrl: 'https://ca/1' },
      now,
    );
    expect(version.number).toBe(1);
    expect(liveVersion(store, 'api')).toBeUndefined();
    expect(version.meta).toMatchObject({
      ...{ version: 1, createdAt: now.toISOString(), names: hosts, keyType: 'rsa-2048', issuer: 'test intermediate' },
      ...{ directory: 'letsencrypt', orderUrl: 'https://ca/1', origin: 'acme' },
    });
    const { notBefore, notAfter }: VersionMeta = version.meta;
    expect(Date.parse(notAfter) - Date.parse(notBefore)).toBe(90 * 86_400_000);
    const files = ['cert.pem', 'chain.pem', 'fullchain.pem', 'meta.json', 'privkey.pem'];
    expect(readdirSync(version.folder)).toEqual(files);
    expect(modeOf(version.folder)).toBe('700');
    for (const file of files) expect(modeOf(join(version.folder, file))).toBe('600');
    const text = (file: string) => readFileSync(join(version.folder, file), 'utf8');
    expect(text('fullchain.pem')).toBe(text('cert.pem') + text('chain.pem'));
    expect(text('privkey.pem')).toBe(given.key);

    switchTo(store, 'api', version);
    expect(liveVersion(store, 'api')).toEqual(version);
    expect(versionsOf(store, 'api')).toEqual([version]);
    const { certificate, key } = certificateFiles(store.root, 'api');
    expect(readFileSync(certificate, 'utf8')).toBe(given.fullchain);
    expect(readFileSync(key, 'utf8')).toBe(given.key);
    expect(readlinkSync(join(store.root, 'live/api'))).toBe('../certificates/api/versions/1');
    expect(readdirSync(join(store.root, 'live'))).toEqual(['api']);
  });

  it.each([
    ['certificate-key-mismatch', { ...issued(hosts), key: issued(hosts).key }],
    ['certificate-name-mismatch', { ...issued(hosts), names: [...hosts, 'www.example.com'] }],
    ['certificate-expired', issued(hosts, { notBefore: new Date('2026-01-01'), notAfter: new Date('2026-02-01') })],
    ['certificate-not-yet-valid', { ...issued(hosts, { notBefore: tomorrow }), origin: 'import' as const }],
    ['certificate-weak', issued(hosts, { key: 'rsa-1024' })],
    ['certificate-chain-order', withStranger()],
    ['certificate-malformed', { ...issued(hosts), fullchain: '' }],
    ['certificate-key-malformed', { ...issued(hosts), key: 'none' }],
  ])('are refused: %s', async (code, given) => {
    const store = newStore();
    expect(await refusalOf(addVersion(store, 'api', given, now))).toMatchObject({ code, exitCode: 1 });
    expect(versionsOf(store, 'api')).toEqual([]);
    expect(readdirSync(store.root)).toEqual([]);
  });

  it('may be new by a clock that is ahead of ours', async () => {
    const store = newStore();
    expect((await addVersion(store, 'api', issued(hosts, { notBefore: tomorrow }), now)).number).toBe(1);
  });

  it('switch back, to a stand-in too, and only to what is whole', async () => {
    const store = newStore();
    const first = await addVersion(store, 'api', issued(hosts), now);
    const second = await addVersion(store, 'api', issued(hosts), now);
    switchTo(store, 'api', second);
    switchTo(store, 'api', first);
    expect(liveVersion(store, 'api')).toEqual(first);
    expect(refusal(() => switchTo(store, 'api', 'stand-in')).code).toBe('store-damaged');
    unlinkSync(join(second.folder, 'privkey.pem'));
    expect(refusal(() => switchTo(store, 'api', second)).code).toBe('store-damaged');
    expect(liveVersion(store, 'api')).toEqual(first);
    expect(versionsOf(store, 'api')).toEqual([first]);
    rmSync(first.folder, { recursive: true });
    expect(liveVersion(store, 'api')).toBeUndefined();
  });

  it('do not take the place of a folder that somebody else made', async () => {
    const store = newStore();
    const version = await addVersion(store, 'api', issued(hosts), now);
    mkdirSync(join(store.root, 'live/api'), { recursive: true, mode: 0o700 });
    expect(refusal(() => switchTo(store, 'api', version)).code).toBe('store-damaged');
    expect(liveVersion(store, 'api')).toBeUndefined();
  });

  it('are pruned, but never the live one, what is newer, and what a switch goes back to', async () => {
    const store = newStore();
    const made = [];
    for (let count = 0; count < 6; count++) made.push(await addVersion(store, 'api', issued(hosts), now));
    const left = () => versionsOf(store, 'api').map(({ number }) => number);
    expect(prune(store, 'api', 1)).toEqual([]);
    switchTo(store, 'api', made[3] ?? 'stand-in');
    expect(prune(store, 'api')).toEqual([1]);
    expect(prune(store, 'api', 1)).toEqual([2]);
    expect(left()).toEqual([3, 4, 5, 6]);
    switchTo(store, 'api', made[5] ?? 'stand-in');
    expect(prune(store, 'api', 3)).toEqual([3]);
    expect(left()).toEqual([4, 5, 6]);
    expect((await addVersion(store, 'api', issued(hosts), now)).number).toBe(7);
    expect(readdirSync(join(store.root, 'certificates/api/versions'))).toEqual(['4', '5', '6', '7']);
  });
});

function withStranger() {
  const given = issued(hosts);
  const [leaf = ''] = given.fullchain.split(/(?=-----BEGIN)/);
  return { ...given, fullchain: leaf + issue({ commonName: 'stranger', kind: 'authority' }).certificate };
}
