import { describe, expect, it } from 'vitest';
import { leadsHere, type Machine } from '../../src/domino/leads-here.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  'domino.example.com': ['192.0.2.7'],
  'outside.example.com': ['203.0.113.9'],
  'local.example.com': ['127.0.1.1'],
  'both.example.com': ['203.0.113.9', '2001:db8::7'],
};
const machine: Machine = {
  addressesOf: async (name) => {
    const found = names[name];
    if (found === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    return found;
  },
  ownAddresses: () => ['127.0.0.1', '192.0.2.7', '2001:db8::7'],
};

describe('a host name', () => {
  it.each([
    ['domino.example.com', undefined],
    ['domino.example.com', '0.0.0.0'],
    ['domino.example.com', '192.0.2.7'],
    ['domino.example.com', 'domino.example.com'],
    ['local.example.com', undefined],
    ['both.example.com', undefined],
    ['192.0.2.7', undefined],
    ['[2001:db8::7]', undefined],
  ])('%s leads to HOST %s', async (host, bound) => {
    expect(await leadsHere(host, bound, machine)).toEqual([]);
  });

  it.each([
    ['outside.example.com', undefined, 'leads to 203.0.113.9, which is not this machine'],
    ['nowhere.example.com', undefined, "can't be resolved on this machine"],
    ['domino.example.com', '192.0.2.8', 'leads to 192.0.2.7, and the API listens on 192.0.2.8 (HOST)'],
    ['local.example.com', '192.0.2.7', 'leads to 127.0.1.1, and the API listens on 192.0.2.7 (HOST)'],
    ['domino.example.com', 'nowhere.example.com', 'and the API listens on nowhere.example.com (HOST)'],
    ['192.0.2.99', undefined, 'which is not this machine'],
  ])('%s does not lead to HOST %s', async (host, bound, message) => {
    expect(await leadsHere(host, bound, machine)).toEqual([
      expect.objectContaining({
        code: 'domino-host-elsewhere',
        severity: 'error',
        message: expect.stringContaining(message),
      }),
    ]);
  });
});
