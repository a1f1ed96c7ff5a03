import { lstatSync, readdirSync } from 'node:fs';
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
    expect([readPending(store, 'api'), readPendingKey(store, 'api')]).toEqual([undefined, undefined]);
    await savePending(store, 'api', pending, 'another key');
    await savePending(store, 'api', { ...pending, orderUrl: 'https://ca/2' }, 'a key');
    expect(readPending(store, 'api')).toEqual({ ...pending, orderUrl: 'https://ca/2' });
    expect(readPendingKey(store, 'api')).toBe('a key');
    const folder = join(store.root, 'certificates/api');
    for (const file of readdirSync(folder)) expect(lstatSync(join(folder, file)).mode & 0o777).toBe(0o600);
    clearPending(store, 'api');
    expect(readdirSync(folder)).toEqual([]);
    clearPending(store, 'api');
  });

  it('refuses what it did not write', () => {
    const store = newStore();
    noteDocument(store, 'api', 'pending.json', { ...pending, orderUrl: 1 });
    expect(() => readPending(store, 'api')).toThrow('it lacks what an order is resumed from');
  });
});
