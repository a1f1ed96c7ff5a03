import { describe, expect, it } from 'vitest';
import { formatProblem, formats } from '../../src/spec/formats.ts';

/** What each grammar takes; test/diagnostics has what it refuses, with the reasons. */
const accepted: Readonly<Record<string, readonly string[]>> = {
  name: ['a', 'api-2', 'api.example.com', '404', 'a'.repeat(64)],
  host: ['api.example.com', '*.example.com', 'bücher.example', '192.0.2.1', '[::1]', 'localhost', 'a.example.com.'],
  route: [
    '/',
    '/api',
    '/api/',
    '/übung',
    "/a.b_c~d!e&f'g(h)i+j,k=l:m@n",
    '/orders:batch',
    '= /v1/orders:batch',
    '= /healthz',
    '~ ^/v[0-9]{2}/(a|b)$',
    '~* \\.png$',
    '~ (?=a)',
    '~ (?<!a)b',
  ],
  segment: ['/metrics', '/a/b'],
  'backend-host': ['127.0.0.1', '::1', '[::1]', 'api_1.internal', '10.0.0.1'],
  address: ['127.0.0.1:1', '[::1]:65535', 'api:80'],
  resolver: ['127.0.0.53', '127.0.0.53:5353', '[::1]', '[::1]:53'],
  upstream: ['data', 'http://127.0.0.1', 'https://api.internal:8443/'],
  network: ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'],
  'listen-address': ['*', '[::]', '192.0.2.1', '[2001:db8::1]'],
  seconds: ['10s', '5m', '1h', '2d'],
  duration: ['500ms', '90s', '5m', '1h', '30d'],
  'header-limit': ['4k', '64k', '1024k'],
  'body-limit': ['64k', '1m', '2g', 'unlimited'],
  version: ['1.26.3', '3.0', '1.1.1w'],
  openssl: ['3.5.0', '1.1.1w', '0', 'BoringSSL', 'LibreSSL', 'AWS-LC'],
  fork: ['Angie/1.8.1', 'freenginx/1.27.2', 'OpenResty/1.27.1.1', 'Tengine/3.1.0'],
  target: ['auto', '1.26.3', '2.0.1'],
  'file-path': ['/etc/ssl/a-b_c.d+e@f.pem', '/.hidden/..a'],
  'spec-path': ['./hook', 'a/b', '/abs/path', '../up'],
  certificate: ['acme', 'self-signed'],
  'tls-profile': ['modern', 'intermediate', 'modern@6.0', 'intermediate@6.0'],
  'acme-directory': ['letsencrypt', 'zerossl', 'google', 'letsencrypt-staging', 'https://ca.example.com:14000/dir'],
  'mail-address': ['ops@example.com', "o'x+y@example.com"],
  challenge: ['http-01'],
  'common-name': ['ISRG Root X1', 'Größe & Co'],
  'header-name': ['X-Frame-Options', 'x_y', '1'],
  'address-header': ['X-Forwarded-For', 'x-real-ip', 'CF-Connecting-IP'],
  'passed-header': ['X-Forwarded-User', 'client-cert'],
  'header-value': ['DENY', '', "default-src 'self'; img-src *", 'ü'],
  text: ['', '{"a": 1}'],
  reason: ['a private link', 'ok!'],
  realm: ['Restricted', 'Off', 'a "b"'],
  'media-type': ['application/json', 'text/html; charset=utf-8', 'application/problem+json'],
  'redirect-target': [
    '/',
    '/new?a=b#c',
    'https://example.com',
    'http://[::1]:8080/x',
    'https://example.com:8443/a%20b',
  ],
  raw: ['a;\n\tb;', ''],
};

describe('formats', () => {
  it.each([0, 65536, 99999])('redirect to no port %i', (port) => {
    expect(formats['redirect-target']?.(`https://example.com:${port}/x`)).toBe(false);
    expect(formats['redirect-target']?.('https://example.com:65535/x')).toBe(true);
  });

  it('are all here', () => {
    expect(Object.keys(accepted).sort()).toEqual(Object.keys(formats).sort());
  });

  it.each(Object.entries(accepted))('%s', (format, values) => {
    for (const value of values) expect(formatProblem(format, value), value).toBeUndefined();
    for (const value of values) expect(formats[format]?.(value)).toBe(true);
  });

  it.each(Object.keys(accepted))('%s takes no line feed, and says why', (format) => {
    const [value = ''] = accepted[format] ?? [];
    if (format === 'raw') return;
    const problem = formatProblem(format, `${value}\n`);
    expect(problem).toMatch(/^\S+ /);
    expect(formats[format]?.(`${value}\n`)).toBe(false);
  });

  it.each([
    ['header-value', 'x'.repeat(2000), true],
    ['header-value', 'ü'.repeat(1001), false],
    ['raw', 'x'.repeat(16_385), false],
    ['route', `/${'x'.repeat(1000)}`, false],
    ['file-path', `/${'x'.repeat(1000)}`, false],
    ['host', 'x'.repeat(1_000_000), false],
    ['header-name', 'x'.repeat(65), false],
    ['name', 'x'.repeat(65), false],
  ])('%s of %.5s… has a limit', (format, value, allowed) => {
    expect(formatProblem(format, value) === undefined).toBe(allowed);
  });
});

it('has nothing against a format that it does not know', () => {
  expect(formatProblem('nothing', 'x')).toBeUndefined();
});
