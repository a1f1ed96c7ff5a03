import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changes } from '../../src/acme/changes.ts';
import { emptyLedger, withOrder, withPause } from '../../src/acme/ledger.ts';
import { readLedger, updateLedger } from '../../src/acme/ledger-file.ts';
import { renewed } from '../../src/acme/renewal-state.ts';
import { saveState, stateOf } from '../../src/acme/state-file.ts';
import { newStore } from '../certs/store-folder.ts';

const directory = 'https://ca.example.test/directory';
const now = new Date('2026-11-24T00:00:00Z');

describe('the ledger on disk', () => {
  it('is empty at first, comes back as it was, and is closed to others', () => {
    const store = newStore();
    expect(readLedger(store)).toEqual(emptyLedger);
    updateLedger(store, (ledger) => withOrder(ledger, { directory, names: ['a.example'] }, now));
    const names = ['a.example'];
    updateLedger(store, (ledger) =>
      withPause(ledger, directory, { until: new Date(now.getTime() + 1e6), reason: 'busy', names }, now),
    );
    expect(readLedger(store).directories[directory]).toMatchObject({ orders: [now.toISOString()], pauses: [{}] });
    expect(statSync(join(store.root, 'ledger.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(store.root)).toEqual(['ledger.json']);
  });

  it.each([
    '{"version": 1',
    '[]',
    '{"version": 1, "directories": {"https://a": null}}',
    '{"version": 1, "directories": {"https://a": {"orders": [1], "certificates": [], "failures": [], "pauses": []}}}',
    '{"version": 1, "directories": {"https://a": {"orders": [], "certificates": [null], "failures": [], "pauses": []}}}',
    '{"version": 2, "directories": {}}',
  ])('counts as none when it is %s', (text) => {
    const store = newStore();
    writeFileSync(join(store.root, 'ledger.json'), text);
    expect(readLedger(store)).toEqual(emptyLedger);
    updateLedger(store, (ledger) => ledger);
    expect(JSON.parse(readFileSync(join(store.root, 'ledger.json'), 'utf8'))).toEqual(emptyLedger);
  });
});

describe('the state on disk', () => {
  const ari = { serial: '01', start: 'a', end: 'b', checkedAt: 'c', recheckAt: 'd', chosen: 'e', explanationUrl: 'f' };
  const whole = {
    ...{ failures: 2, lastAttempt: 'g', notBefore: 'h', revoked: '02' },
    ...{ lastError: { code: 'i', message: 'j' }, ari },
  };

  it('comes back as it was', () => {
    const store = newStore();
    expect(stateOf(store, 'a.example')).toEqual(renewed);
    mkdirSync(join(store.root, 'certificates/a.example'), { recursive: true, mode: 0o700 });
    chmodSync(join(store.root, 'certificates'), 0o700);
    saveState(store, 'a.example', whole);
    expect(stateOf(store, 'a.example')).toEqual(whole);
  });

  it.each([
    ['{', renewed],
    ['[]', renewed],
    ['{"failures": "many", "ari": {"serial": 1}, "lastError": null, "notBefore": 7}', renewed],
    ['{"failures": -3, "revoked": "03"}', { failures: 0, revoked: '03' }],
  ])('of %s is what can be understood', (text, expected) => {
    const store = newStore();
    const file = join(store.root, 'certificates/a.example/state.json');
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text);
    expect(stateOf(store, 'a.example')).toEqual(expected);
  });
});

describe('changes', () => {
  const is = { names: ['a.example', 'b.example'], keyType: 'ec-p256', directory: 'https://a', profile: 'classic' };

  it('are none in another order, and where one side says nothing', () => {
    expect(changes(is, { ...is, names: ['b.example', 'a.example'] })).toEqual([]);
    expect(changes(is, { names: is.names, profile: 'classic' })).toEqual([]);
  });

  it('are told', () => {
    expect(changes(is, { names: ['b.example', 'c.example'], keyType: 'rsa-2048', directory: 'https://b' })).toEqual([
      'names: + c.example - a.example',
      'key type: ec-p256 → rsa-2048',
      'directory: https://a → https://b',
      'profile: classic → none',
    ]);
  });
});
