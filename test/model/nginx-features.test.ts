import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atLeast, type NginxFeatures, nginxFeatures } from '../../src/model/nginx-features.ts';

/** The first version that has each, and the last that has not. */
const since: readonly (readonly [feature: keyof NginxFeatures, first: string, before: string])[] = [
  ['http2Directive', '1.25.1', '1.25.0'],
  ['http3', '1.25.1', '1.25.0'],
  ['rejectHandshake', '1.19.4', '1.19.3'],
  ['protocolsPerServer', '1.29.2', '1.29.1'],
  ['ticketRotation', '1.23.2', '1.23.1'],
  ['sessionsPerServer', '1.29.8', '1.29.7'],
  ['keepaliveMinTimeout', '1.27.4', '1.27.3'],
  ['dropsUpgrade', '1.31.3', '1.31.2'],
  ['upstreamResolve', '1.27.3', '1.27.2'],
];

describe('features', () => {
  it.each(since)('%s since %s', (feature, first, before) => {
    const of = (version: string) => nginxFeatures({ version, openssl: '3.5.1', modules: ['http_v3_module'] })[feature];
    expect([before, first].map(of)).toEqual([false, true]);
  });

  it('of HTTP/3 need the module', () => {
    expect(nginxFeatures({ version: '1.30.0', openssl: '3.5.1', modules: [] }).http3).toBe(false);
  });

  it.each([
    ['3.5.0', true],
    ['3.6.1', true],
    ['4.0', true],
    ['3.4.9', false],
    ['1.1.1w', false],
    ['0', false],
  ])('of OpenSSL %s: post-quantum group: %s', (openssl, expected) => {
    expect(nginxFeatures({ version: '1.30.0', openssl, modules: [] }).postQuantumGroup).toBe(expected);
  });
});

describe('versions', () => {
  const numbers = fc.array(fc.nat(200), { minLength: 3, maxLength: 3 });

  it('are compared number by number', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const first = a.findIndex((part, index) => part !== b[index]);
        const expected = first === -1 || (a[first] ?? 0) > (b[first] ?? 0);
        expect(atLeast(a.join('.'), b.join('.'))).toBe(expected);
      }),
    );
  });

  it.each([
    ['1.10.0', '1.9.9', true],
    ['1.1.1w', '1.1.1', true],
    ['3.5', '3.5.0', true],
    ['3', '3.0.1', false],
  ])('%s is at least %s: %s', (version, least, expected) => expect(atLeast(version, least)).toBe(expected));
});
