import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atLeast, type NginxFeatures, nginxFeatures } from '../../src/model/nginx-features.ts';
import { parseNginxV, type Target } from '../../src/model/target.ts';

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
    ['BoringSSL', true],
    ['LibreSSL', false],
    ['AWS-LC', false],
  ])('of OpenSSL %s: post-quantum group: %s', (openssl, expected) => {
    expect(nginxFeatures({ version: '1.30.0', openssl, modules: [] }).postQuantumGroup).toBe(expected);
  });
});

describe('of a fork', () => {
  const of = (file: string): NginxFeatures => {
    const target = parseNginxV(readFileSync(`test/model/nginx-V/${file}.txt`, 'utf8'));
    if (target === undefined) throw new Error(`${file} is not the output of nginx -V`);
    return nginxFeatures(target);
  };

  it('that follows nginx 1.31.2: Angie lacks what it left out', () => {
    expect(of('angie-later')).toMatchObject({
      http2: true,
      http3: true,
      protocolsPerServer: true,
      sessionsPerServer: true,
      keepaliveMinTimeout: false,
      keepaliveByDefault: false,
      postQuantumGroup: true,
    });
  });

  it('that went its own way: freenginx has the syntax of nginx 1.26, whatever its version', () => {
    expect(of('freenginx')).toMatchObject({ http2Directive: true, upstreamResolve: false, keepaliveMinTimeout: false });
    const later = { version: '1.31.0', openssl: '3.5.0', fork: 'freenginx/1.31.0' };
    expect(nginxFeatures(later)).toEqual(nginxFeatures({ ...later, version: '1.26.0' }));
    const before = { version: '1.25.0', openssl: '3.5.0' };
    expect(nginxFeatures({ ...before, fork: 'freenginx/1.25.0' })).toEqual(nginxFeatures(before));
  });

  it('that is nginx with more: OpenResty and Tengine have what that nginx has', () => {
    expect(of('openresty')).toMatchObject({ http2Directive: true, http3: true, keepaliveMinTimeout: false });
    expect(of('tengine')).toMatchObject({ http2Directive: false, ticketRotation: true, http3: false });
  });
});

describe('of modules', () => {
  const of = (more: Partial<Target>) => nginxFeatures({ version: '1.31.0', openssl: '3.5.0', ...more });

  it('are there unless nginx -V says otherwise', () => {
    expect(of({})).toMatchObject({ http2: true, http3: true, gzip: true, upstreamKeepalive: true, upstreamZone: true });
    expect(of({ modules: ['http_ssl_module'] })).toMatchObject({ http2: false, http3: false, gzip: true });
  });

  it('go with --without', () => {
    expect(of({ without: ['http_gzip_module'] })).toMatchObject({ gzip: false, upstreamZone: true });
    const zone = of({ without: ['http_upstream_zone_module'] });
    expect(zone).toMatchObject({ upstreamZone: false, upstreamResolve: false, keepaliveByDefault: true });
    const keepalive = of({ without: ['http_upstream_keepalive_module'] });
    expect(keepalive).toMatchObject({ upstreamKeepalive: false, keepaliveByDefault: false });
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
