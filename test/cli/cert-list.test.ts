import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { failed, type RenewalState, renewed } from '../../src/acme/renewal-state.ts';
import { saveState } from '../../src/acme/state-file.ts';
import { selfSigned } from '../../src/certs/self-signed.ts';
import { addVersion, type CertificateStore, saveSettings, switchTo } from '../../src/certs/store.ts';
import { folderIn } from '../../src/certs/store-folder.ts';
import { replaceFile } from '../../src/files/durable.ts';
import { chain } from '../ca.ts';
import { newStore } from '../certs/store-folder.ts';
import { runKeepgate } from '../run-keepgate.ts';

const day = 86_400_000;
const ago = (days: number): Date => new Date(Date.now() - days * day);

interface Made {
  readonly age?: number;
  readonly lifetime?: number;
  readonly origin?: 'acme' | 'import';
  readonly state?: RenewalState;
  readonly directory?: string;
}

const namesOf = (name: string): string[] => [`${name}.example`, `www.${name}.example`];

/** A certificate of the store that was issued some days ago. */
async function make(
  store: CertificateStore,
  name: string,
  { age = 0.1, lifetime = 90, origin = 'acme', state, directory }: Made = {},
) {
  const names = namesOf(name);
  folderIn(store, 'certificates', name);
  await saveSettings(store, name, { names, origin, keyType: 'ec-p256' });
  const notBefore = ago(age);
  const { fullchain, leaf } = chain(names, { notBefore, notAfter: new Date(notBefore.getTime() + lifetime * day) });
  const version = await addVersion(
    store,
    name,
    { fullchain, key: leaf.key, origin, names, ...(directory && { directory }) },
    notBefore,
  );
  switchTo(store, name, version);
  if (state) saveState(store, name, state);
  return version;
}

const cert = (command: string[], { root }: CertificateStore) =>
  runKeepgate(['cert', ...command, '--store', root], { cwd: root });

it('lists what is there for a person', async () => {
  const store = newStore();
  await make(store, 'api');
  await make(store, 'files', {
    age: 60,
    state: failed(renewed, new Date(), { code: 'acme-unauthorized', message: 'no\nanswer' }),
  });
  const { exitCode, stdout, stderr } = await cert(['list'], store);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^NAME +STATE +HOSTS +ISSUER +LIFETIME +EXPIRES +RENEWAL$/);
  expect(lines[1]).toMatch(
    /^api +ok +api\.example \+1 +test intermediate +90 days +\d{4}-\d\d-\d\d \(in 89 days\) +renewed in 5\d days, when about a third/,
  );
  expect(lines[2]).toMatch(
    /^files +overdue +files\.example \+1 .*\(in 29 days\) +overdue for \d+ \w+: the last attempt failed/,
  );
  expect(stdout).toMatch(/\n\nLast errors:\nfiles: {2}no\\u\{a\}answer \(acme-unauthorized, \d+ \w+ ago\)\n$/);
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
});

it('lists it as one document', async () => {
  const store = newStore();
  const { meta } = await make(store, 'api');
  const { exitCode, stdout } = await cert(['list', '--format', 'json'], store);
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    certificates: [
      {
        ...{ name: 'api', state: 'ok', names: ['api.example', 'www.api.example'], version: 1, versions: [1] },
        ...{ serial: meta.serial, notAfter: meta.notAfter, lifetime: 90 * 86_400, keyType: 'ec-p256' },
        renewal: { due: false, why: 'not-yet', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
      },
    ],
  });
  expect(exitCode).toBe(0);
});

/** By the name of the certificate, which says what is special about it: its state, and how it comes about. */
const states: Readonly<Record<string, readonly [string, (store: CertificateStore, name: string) => unknown]>> = {
  young: ['ok', (store, name) => make(store, name)],
  'half-of-six-days': ['due', (store, name) => make(store, name, { age: 3.3, lifetime: 6 })],
  old: ['overdue', (store, name) => make(store, name, { age: 70 })],
  'too-old': ['expired', (store, name) => make(store, name, { age: 91 })],
  imported: ['imported', (store, name) => make(store, name, { age: 200, lifetime: 365, origin: 'import' })],
  'imported-long-ago': ['overdue', (store, name) => make(store, name, { age: 350, lifetime: 365, origin: 'import' })],
  'other-names': [
    'due',
    async (store, name) => {
      await make(store, name);
      await saveSettings(store, name, { names: ['b.example'], origin: 'acme', keyType: 'ec-p256' });
    },
  ],
  'other-directory': [
    'due',
    async (store, name) => {
      await make(store, name, { directory: 'https://acme-v02.api.letsencrypt.org/directory' });
      await saveSettings(store, name, {
        names: namesOf(name),
        origin: 'acme',
        keyType: 'ec-p256',
        directory: 'zerossl',
      });
    },
  ],
  'same-directory': [
    'ok',
    async (store, name) => {
      await make(store, name, { directory: 'https://acme-v02.api.letsencrypt.org/directory' });
      await saveSettings(store, name, {
        names: namesOf(name),
        origin: 'acme',
        keyType: 'ec-p256',
        directory: 'letsencrypt',
      });
    },
  ],
  'odd-directory': [
    'broken',
    async (store, name) => {
      await make(store, name);
      await saveSettings(store, name, {
        names: namesOf(name),
        origin: 'acme',
        keyType: 'ec-p256',
        directory: 'letsencypt',
      });
    },
  ],
  'other-key': [
    'broken',
    async (store, name) =>
      replaceFile(join((await make(store, name)).folder, 'privkey.pem'), selfSigned(['a.example']).key),
  ],
  'no-meta': ['broken', async (store, name) => replaceFile(join((await make(store, name)).folder, 'meta.json'), '{}')],
  'damaged-settings': [
    'broken',
    async (store, name) => {
      await make(store, name);
      writeFileSync(join(store.root, 'certificates', name, 'settings.json'), '{');
    },
  ],
  'no-link': [
    'broken',
    async (store, name) => {
      await make(store, name);
      rmSync(join(store.root, 'live', name));
    },
  ],
  'new-stand-in': ['stand-in', (store, name) => standIn(store, name, 0.1)],
  'old-stand-in': ['overdue', (store, name) => standIn(store, name, 0.6)],
};

async function standIn(store: CertificateStore, name: string, age: number): Promise<void> {
  folderIn(store, 'certificates', name);
  await saveSettings(store, name, { names: ['a.example'], origin: 'acme', keyType: 'ec-p256' });
  const folder = folderIn(store, 'stand-in', name);
  const { certificate, key } = selfSigned(['a.example'], { now: ago(age) });
  replaceFile(join(folder, 'fullchain.pem'), certificate);
  replaceFile(join(folder, 'privkey.pem'), key);
  switchTo(store, name, 'stand-in');
}

it('tells every state, and ends with the worst', async () => {
  const store = newStore();
  for (const [name, [, prepare]] of Object.entries(states)) await prepare(store, name);
  const { exitCode, stdout } = await cert(['list', '--format', 'json'], store);
  const found = JSON.parse(stdout).certificates.map(({ name, state }: Record<string, string>) => [name, state]);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(states).map(([name, [state]]) => [name, state])),
  );
  expect(exitCode).toBe(1);
});

it('an empty store is no fault, and nothing is made', async () => {
  const store = newStore();
  const there = readdirSync(store.root);
  expect(await cert(['list'], store)).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: `${store.root} has no certificate yet\n`,
  });
  const none = await runKeepgate(['cert', 'list', '--store', join(store.root, 'none')]);
  expect(none.exitCode).toBe(0);
  expect(readdirSync(store.root)).toEqual(there);
});

it('shows one, and never its key', async () => {
  const store = newStore();
  const { folder, meta } = await make(store, 'api');
  const text = await cert(['show', 'api'], store);
  expect(text.exitCode).toBe(0);
  expect(text.stdout).toMatch(/^hosts +api\.example, www\.api\.example$/m);
  expect(text.stdout).toMatch(new RegExp(`^SHA-256 +${meta.fingerprint}$`, 'm'));
  expect(text.stdout).toMatch(/^versions +1 \(served\)$/m);
  expect(text.stdout).toMatch(new RegExp(`^private key +${store.root}/live/api/privkey.pem$`, 'm'));
  const json = await cert(['show', 'api', '--format', 'json'], store);
  expect(JSON.parse(json.stdout)).toMatchObject({
    version: 1,
    certificate: { name: 'api', issuer: 'test intermediate' },
  });
  const secret = readFileSync(join(folder, 'privkey.pem'), 'utf8').split('\n')[1] ?? '';
  expect(secret).toHaveLength(64);
  expect(text.stdout + json.stdout).not.toContain(secret);
  expect(statSync(join(folder, 'privkey.pem')).mode & 0o077).toBe(0);
});

it('knows what it has', async () => {
  const store = newStore();
  await make(store, 'files');
  expect(await cert(['show', 'flies'], store)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/has no certificate "flies"; did you mean "files"\?/),
  });
  expect((await cert(['show'], store)).exitCode).toBe(2);
});
