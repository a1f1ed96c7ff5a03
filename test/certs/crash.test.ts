import { createPrivateKey, X509Certificate } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/certs/lock.ts';
import {
  addVersion,
  type Live,
  liveVersion,
  openStore,
  saveSettings,
  settingsOf,
  switchTo,
  versionsOf,
} from '../../src/certs/store.ts';
import { certificateFiles } from '../../src/model/store-paths.ts';
import { bundle } from './bundled.ts';
import { issued, newPath, newStore } from './store-folder.ts';

const hosts = ['api.example.com'];
const settings = { names: hosts, origin: 'acme', keyType: 'ec-p256' } as const;

/** What an issuance does to the store. Version 1 is live before; 1 version is kept. */
const script = `
  import { clearPending, savePending } from './journal.ts';
  import { withLock } from './lock.ts';
  import { addVersion, type Live, openStore, prune, saveSettings, switchTo } from './store.ts';
  import { readFileSync } from 'fs';
  const [, , root, given] = process.argv;
  const { version, pending, settings } = JSON.parse(readFileSync(given, 'utf8'));
  const store = openStore(root);
  await withLock(store, { wait: 0 }, async () => {
    await savePending(store, 'api', pending, version.key);
    await saveSettings(store, 'api', settings);
    switchTo(store, 'api', await addVersion(store, 'api', version, new Date()));
    clearPending(store, 'api');
    prune(store, 'api', 1);
  });
`;

/** A store where versions 1 to 3 are, and the last one is live. */
async function before(): Promise<string> {
  const store = newStore();
  await withLock(store, { wait: 0 }, async () => {
    await saveSettings(store, 'api', { ...settings, names: ['old.example.com'] });
    for (let count = 0; count < 3; count += 1)
      switchTo(store, 'api', await addVersion(store, 'api', issued(hosts), new Date()));
  });
  return store.root;
}

function servedIsWhole(root: string): void {
  const { certificate, key } = certificateFiles(root, 'api');
  const leaf = new X509Certificate(readFileSync(certificate));
  expect(leaf.checkPrivateKey(createPrivateKey(readFileSync(key)))).toBe(true);
}

const temporary = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('.keepgate-'));

describe('a process that is killed before any of its changes of the store', () => {
  it('leaves the served pair whole, and nothing that the next one does not clear up', {
    timeout: 300_000,
  }, async () => {
    const template = await before();
    const module = bundle(script, `${newPath()}.mjs`, { 'node:fs': resolve(import.meta.dirname, 'killing-fs.ts') });
    const given = `${newPath()}.json`;
    const version = issued(hosts);
    const pending = { directory: 'x', names: hosts, keyType: 'ec-p256', startedAt: 'now', orderUrl: 'x' };
    writeFileSync(given, JSON.stringify({ version, pending, settings }));
    const outcomes = new Set<string>();
    let left = 0;
    const crash = async (at: number): Promise<boolean> => {
      const root = newPath();
      cpSync(template, root, { recursive: true, verbatimSymlinks: true });
      const env = { KILL_AT: String(at) };
      const { signal, exitCode } = await execa(process.execPath, [module, root, given], { env, reject: false });
      expect([signal, exitCode]).toEqual(signal === undefined ? [undefined, 0] : ['SIGKILL', undefined]);
      servedIsWhole(root);
      const store = openStore(root);
      const live: Live | undefined = liveVersion(store, 'api');
      expect(settingsOf(store, 'api')?.keyType).toBe('ec-p256');
      if (temporary(root).length > 0) left += 1;
      outcomes.add(
        `${versionsOf(store, 'api').map(({ number }) => number)} live ${typeof live === 'object' && live.number}`,
      );
      await withLock(store, { wait: 0 }, async () => {
        expect(temporary(root)).toEqual([]);
        switchTo(store, 'api', await addVersion(store, 'api', version, new Date()));
      });
      servedIsWhole(root);
      return signal === undefined;
    };
    let at = 1;
    while (!(await crash(at))) at += 1;
    expect(at).toBeGreaterThan(60);
    expect(left).toBeGreaterThan(10);
    expect([...outcomes]).toEqual(['1,2,3 live 3', '1,2,3,4 live 3', '1,2,3,4 live 4', '2,3,4 live 4', '3,4 live 4']);
  });
});
