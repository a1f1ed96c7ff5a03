import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalIpv6,
  coversEveryone,
  hostProblem,
  isIpv4,
  isLoopback,
  normalHost,
  parseAddress,
  parseBackendUrl,
  parseNetwork,
} from '../../src/spec/address.ts';

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
const written = (parts: readonly number[]): string => parts.map((part) => part.toString(16)).join(':');
const numberOf = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((value, part) => (value << bits) | BigInt(part), 0n);

/** The network of a prefix length that an address lies in. */
function networkOf(value: bigint, prefix: number): string {
  const low = BigInt(32 - prefix);
  const first = (value >> low) << low;
  return `${[24n, 16n, 8n, 0n].map((shift) => (first >> shift) & 255n).join('.')}/${prefix}`;
}

describe('an IPv4 address', () => {
  it('is four numbers up to 255', () => {
    fc.assert(fc.property(octets, (parts) => isIpv4(parts.join('.'))));
  });

  it.each(['1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.04', '1.2.3.4.', '', '1.2.3.4 ', '１.2.3.4'])(
    'is not %j',
    (text) => expect(isIpv4(text)).toBe(false),
  );
});

describe('an IPv6 address', () => {
  it('has one canonical form, however it is written', () => {
    fc.assert(
      fc.property(groups, (parts) => {
        const canonical = canonicalIpv6(written(parts)) ?? '';
        const padded = parts.map((part) => part.toString(16).padStart(4, '0').toUpperCase()).join(':');
        expect(canonicalIpv6(canonical)).toBe(canonical);
        expect(canonicalIpv6(padded)).toBe(canonical);
      }),
    );
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ])('%s is %s', (text, canonical) => expect(canonicalIpv6(text)).toBe(canonical));

  it.each(['1::2::3', 'fe80::1%eth0', '12345::', '::g', '10.0.0.1', ':', '[::1]'])('is not %j', (text) =>
    expect(canonicalIpv6(text)).toBeUndefined(),
  );
});

describe('a host', () => {
  it.each([
    ['API.Example.COM.', 'api.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['*.Bücher.example', '*.xn--bcher-kva.example'],
    ['[2001:DB8::0001]', '[2001:db8::1]'],
    ['2001:db8::1', '[2001:db8::1]'],
    ['192.0.2.1', '192.0.2.1'],
    ['localhost', 'localhost'],
  ])('%s becomes %s, which stays as it is', (host, normal) => {
    expect(hostProblem(host)).toBeUndefined();
    expect(normalHost(host)).toBe(normal);
    expect(hostProblem(normal)).toBeUndefined();
    expect(normalHost(normal)).toBe(normal);
  });

  it('that is let pass has nothing in it that nginx gives a meaning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        if (hostProblem(text) === undefined) expect(normalHost(text)).toMatch(/^(\*\.)?[a-z0-9.-]+$|^\[[0-9a-f:]+\]$/);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['xn--a.example', 'xn--.example', 'a\u00adb..example', 'ａ．..example'])('is not %j', (host) =>
    expect(hostProblem(host)).toBeDefined(),
  );
});

describe('an address', () => {
  it.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['[2001:DB8::1]:80', { host: '2001:db8::1', port: 80 }],
    ['API_1.internal:65535', { host: 'api_1.internal', port: 65535 }],
  ])('%s', (text, address) => expect(parseAddress(text)).toEqual(address));

  it.each([
    ['api.internal', 'has no port; write "api.internal:8080"'],
    ['::1:80', 'is not host:port'],
    ['[::1]', 'is not host:port'],
    [':80', 'has no host'],
    ['a:80:80', 'is not host:port'],
    ['[10.0.0.1]:80', 'is not an IPv6 address'],
    ['a:065536', 'is not host:port'],
  ])('%s is refused', (text, reason) => expect(parseAddress(text)).toContain(reason.slice(0, 12)));
});

describe('the URL of a backend', () => {
  it.each([
    ['http://127.0.0.1', { scheme: 'http', host: '127.0.0.1', port: 80 }],
    ['https://api.internal/', { scheme: 'https', host: 'api.internal', port: 443 }],
    ['http://[::1]:8080', { scheme: 'http', host: '::1', port: 8080 }],
  ])('%s', (url, backend) => expect(parseBackendUrl(url)).toEqual(backend));

  it.each(['HTTP://a', 'http:/a', 'http://', 'http://a:b', 'http://a//', 'http://a/?', 'http://a\\b'])(
    'is not %j',
    (url) => expect(parseBackendUrl(url)).toBeTypeOf('string'),
  );
});

describe('a network', () => {
  it('begins and ends where its prefix says', () => {
    fc.assert(
      fc.property(octets, fc.nat(32), (parts, prefix) => {
        const value = numberOf(parts, 8n);
        const network = parseNetwork(networkOf(value, prefix));
        if (typeof network === 'string') throw new Error(network);
        expect(network.family).toBe(4);
        expect(network.first <= value && value <= network.last).toBe(true);
        expect(network.last - network.first + 1n).toBe(1n << BigInt(32 - prefix));
      }),
    );
  });

  it('of one IPv6 address holds that address alone', () => {
    fc.assert(
      fc.property(groups, (parts) => {
        const value = numberOf(parts, 16n);
        expect(parseNetwork(written(parts))).toEqual({ family: 6, first: value, last: value });
      }),
    );
  });

  it('with bits behind its prefix names the network that was meant', () => {
    expect(parseNetwork('10.1.2.3/8')).toContain('write 10.0.0.0/8');
    expect(parseNetwork('10.0.0.0/08')).toMatchObject({ family: 4 });
  });
});

describe('networks cover everyone', () => {
  const everyone = fc.integer({ min: 0, max: 6 }).map((prefix) => {
    const size = 1n << BigInt(32 - prefix);
    return Array.from({ length: 2 ** prefix }, (_, index) => networkOf(BigInt(index) * size, prefix));
  });

  it('when they do together, in any order and with repetitions', () => {
    fc.assert(
      fc.property(
        everyone.chain((networks) =>
          fc.shuffledSubarray([...networks, ...networks], { minLength: networks.length * 2 }),
        ),
        (networks) => coversEveryone(networks),
      ),
    );
  });

  it('not when less than half is covered, however often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.array(fc.nat(1000), { maxLength: 200 }), (prefix, picks) => {
        const size = 1n << BigInt(32 - prefix);
        const fewer = 2 ** (prefix - 1) - 1;
        const networks = picks.map((pick) => networkOf(BigInt(pick % fewer) * size, prefix));
        return !coversEveryone(networks);
      }),
    );
  });

  it.each([
    [['0.0.0.0/0'], true],
    [['::/0'], true],
    [['128.0.0.0/1'], true],
    [['0.0.0.0/2', '64.0.0.0/2'], true],
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fd00::/8'], false],
    [['2000::/3'], false],
    [[], false],
  ])('%j: %s', (networks, expected) => expect(coversEveryone(networks)).toBe(expected));
});

it.each([
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['::1', true],
  ['localhost', true],
  ['[::1]', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['::127.0.0.1', true],
  ['LOCALHOST', true],
  ['localhost.', true],
  ['localhost.localdomain', true],
  ['localhost4', true],
  ['localhost6.localdomain6', true],
  ['ip6-localhost', true],
  ['ip6-loopback', true],
  ['loopback', true],
  ['api.localhost', true],
  ['128.0.0.1', false],
  ['::2', false],
  ['::ffff:128.0.0.1', false],
  ['127.example.com', false],
  ['localhost.example.com', false],
  ['xlocalhost', false],
  ['localhost5', false],
])('loopback: %s: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));
