import { lstatSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clearPending, readPending, readPendingKey, savePending } from '../../src/certs/journal.ts';
import { noteDocument } from '../../src/certs/store.ts';
import { newStore } from './store-folder.ts';

const pending = {
  ...{ directory: 'letsencrypt', names: ['api.example.com'], keyType: 'ec-p256', startedAt: '2026-11-24T12:00:00Z' },
  orderUrl: 'https://ca/1',
};

describe('the journal', () => {
  it('keeps an order and its key until they are cleared', async () => {
    const store = newStore();
    expect(readPending(store, 'api')).toBeUndefined();
    await savePending(store, 'api', pending, 'another key');
    await savePending(store, 'api', { ...pending, orderUrl: 'https://ca/2' }, 'a key');
    const found = readPending(store, 'api');
    expect(found).toMatchObject({ ...pending, orderUrl: 'https://ca/2' });
    expect(found && readPendingKey(store, 'api', found)).toBe('a key');
    const folder = join(store.root, 'certificates/api');
    for (const file of readdirSync(folder)) expect(lstatSync(join(folder, file)).mode & 0o777).toBe(0o600);
    clearPending(store, 'api');
    // That of the order before is for whatever the CA may have issued.
    const [aside = '', ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(readFileSync(join(folder, aside), 'utf8')).toBe('another key');
    clearPending(store, 'api');
    expect(readdirSync(folder)).toEqual([aside]);
    utimesSync(join(folder, aside), 0, 0);
    clearPending(store, 'api');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('finds the key of an order when a crash came between the next key and the next order', async () => {
    const store = newStore();
    const folder = join(store.root, 'certificates/api');
    await savePending(store, 'api', pending, 'a key');
    const before = readFileSync(join(folder, 'pending.json'));
    await savePending(store, 'api', { ...pending, orderUrl: 'https://ca/2' }, 'the next key');
    writeFileSync(join(folder, 'pending.json'), before);
    const found = readPending(store, 'api');
    expect(found && readPendingKey(store, 'api', found)).toBe('a key');
    rmSync(join(folder, 'pending.key'));
    expect(found && readPendingKey(store, 'api', found)).toBe('a key');
  });

  it('refuses what it did not write', () => {
    const store = newStore();
    noteDocument(store, 'api', 'pending.json', { ...pending, orderUrl: 1 });
    expect(() => readPending(store, 'api')).toThrow('it lacks what an order is resumed from');
  });
});
