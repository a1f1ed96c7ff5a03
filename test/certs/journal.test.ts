import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clearPending, readPending, readPendingKey, savePending, savePendingKey } from '../../src/certs/journal.ts';
import { saveDocument } from '../../src/certs/store.ts';
import { newStore } from './store-folder.ts';

const pending = {
  ...{ directory: 'letsencrypt', names: ['api.example.com'], keyType: 'ec-p256', startedAt: '2026-11-24T12:00:00Z' },
  step: 'created' as const,
};

describe('the journal', () => {
  it('keeps an order and its key until they are cleared', () => {
    const store = newStore();
    expect([readPending(store, 'api'), readPendingKey(store, 'api')]).toEqual([undefined, undefined]);
    savePending(store, 'api', pending);
    savePendingKey(store, 'api', 'a key');
    savePending(store, 'api', { ...pending, step: 'finalizing', orderUrl: 'https://ca/1' });
    expect(readPending(store, 'api')).toEqual({ ...pending, step: 'finalizing', orderUrl: 'https://ca/1' });
    expect(readPendingKey(store, 'api')).toBe('a key');
    const folder = join(store.root, 'certificates/api');
    for (const file of readdirSync(folder)) expect(lstatSync(join(folder, file)).mode & 0o777).toBe(0o600);
    clearPending(store, 'api');
    expect(readdirSync(folder)).toEqual([]);
    clearPending(store, 'api');
  });

  it('refuses what it did not write', () => {
    const store = newStore();
    saveDocument(store, 'api', 'pending.json', { ...pending, step: 'dancing' });
    expect(() => readPending(store, 'api')).toThrow('it lacks what an order is resumed from');
  });
});
