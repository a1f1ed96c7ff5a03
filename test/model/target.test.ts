import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { configureArguments, isSameNginx, nginxName, parseNginxV } from '../../src/model/target.ts';
import { nginxOf, suites } from '../parts.ts';

describe('parseNginxV', () => {
  const expected = {
    bullseye: { version: /^1\.18\./, openssl: /^1\.1\.1[a-z]$/, http3: false },
    bookworm: { version: /^1\.22\./, openssl: /^3\.0\.\d+$/, http3: false },
    trixie: { version: /^1\.26\./, openssl: /^3\.5\.\d+$/, http3: true },
    forky: { version: /^1\.\d+\./, openssl: /^[34]\.\d+\.\d+$/, http3: true },
  };

  it.each(suites)('reads what the nginx of Debian %s says', async (suite) => {
    const { stderr } = await execa(nginxOf(suite), ['-V']);
    const target = parseNginxV(stderr);
    expect(target?.version).toMatch(expected[suite].version);
    expect(target?.openssl).toMatch(expected[suite].openssl);
    expect(target?.modules).toEqual(
      expect.arrayContaining(['http_ssl_module', 'http_v2_module', 'http_realip_module']),
    );
    expect(target?.modules?.includes('http_v3_module')).toBe(expected[suite].http3);
    expect(target?.modules?.filter((name) => /[= ]|^stream$|opt$/.test(name))).toEqual([]);
  });

  const lines = (version: string, openssl: string, configure = '--with-http_ssl_module') =>
    `nginx version: ${version}\n${openssl}\nTLS SNI support enabled\nconfigure arguments: ${configure}\n`;

  it.each([
    ['nginx/1.22.1', 'built with OpenSSL 3.0.20 7 Apr 2026', '1.22.1', '3.0.20'],
    ['nginx/1.18.0 (Ubuntu)', 'built with OpenSSL 3.0.2 15 Mar 2022', '1.18.0', '3.0.2'],
    ['nginx/1.26.3', 'built with OpenSSL 3.5.7 9 Jun 2026 (running with OpenSSL 3.5.9 29 Sep 2026)', '1.26.3', '3.5.9'],
    [
      'nginx/1.18.0',
      'built with OpenSSL 1.1.1n  15 Mar 2022 (running with OpenSSL 1.1.1w  11 Sep 2023)',
      '1.18.0',
      '1.1.1w',
    ],
    ['nginx/1.25.3', 'built with OpenSSL 3.0.7+quic 1 Nov 2022', '1.25.3', '3.0.7'],
    ['nginx/1.27.0', 'built with LibreSSL 3.9.2', '1.27.0', 'LibreSSL'],
    [
      'nginx/1.27.0',
      'built with OpenSSL 1.1.1 (compatible; BoringSSL) (running with BoringSSL)',
      '1.27.0',
      'BoringSSL',
    ],
    ['nginx/1.27.0', 'built with OpenSSL 1.1.1 (compatible; BoringSSL)', '1.27.0', 'BoringSSL'],
    ['nginx/1.27.0', 'built with BoringSSL', '1.27.0', 'BoringSSL'],
    ['nginx/1.29.1', 'built with OpenSSL 1.1.1 (compatible; AWS-LC 1.36.0)', '1.29.1', 'AWS-LC'],
    ['nginx/1.27.0', '', '1.27.0', '0'],
    ['nginx/2.0.0', 'built with OpenSSL 3.6.0 1 Oct 2025', '2.0.0', '3.6.0'],
  ])('%s, %s', (name, openssl, version, runs) => {
    expect(parseNginxV(lines(name, openssl))).toEqual({ version, openssl: runs, modules: ['http_ssl_module'] });
  });

  const modules = ['http_ssl_module', 'http_v2_module', 'http_realip_module'];

  it.each([
    ['angie', 'Angie 1.8.3 (nginx 1.27.3)', { version: '1.27.3', openssl: '3.0.19', modules, fork: 'Angie/1.8.3' }],
    ['angie-later', 'Angie 1.13.0 (nginx 1.31.2)', { version: '1.31.2', openssl: '3.5.0', fork: 'Angie/1.13.0' }],
    ['freenginx', 'freenginx 1.27.2', { version: '1.27.2', openssl: '3.0.19', modules, fork: 'freenginx/1.27.2' }],
    ['openresty', 'OpenResty 1.27.1.1 (nginx 1.27.1)', { version: '1.27.1', fork: 'OpenResty/1.27.1.1' }],
    ['tengine', 'Tengine 3.1.0 (nginx 1.24.0)', { version: '1.24.0', modules, fork: 'Tengine/3.1.0' }],
    ['boringssl', 'nginx 1.29.1', { version: '1.29.1', openssl: 'BoringSSL' }],
    [
      'bare',
      'nginx 1.31.5',
      { version: '1.31.5', openssl: '0', modules: [], without: ['http_gzip_module', 'http_upstream_zone_module'] },
    ],
  ])('knows %s by name: %s', (file, name, expected) => {
    const target = parseNginxV(readFileSync(`test/model/nginx-V/${file}.txt`, 'utf8'));
    expect(target).toMatchObject(expected);
    expect(target && nginxName(target)).toBe(name);
  });

  it('tells whether a test with one proves something about the other', () => {
    const nginx = { version: '1.27.3', openssl: '3.5.0' };
    const angie = { ...nginx, fork: 'Angie/1.8.3' };
    expect([isSameNginx(nginx, nginx), isSameNginx(nginx, angie), isSameNginx(angie, angie)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(isSameNginx(angie, nginx)).toBe(false);
    expect(isSameNginx({ ...nginx, version: '1.27.4' }, nginx)).toBe(false);
  });

  it('knows no modules where only nginx -v was asked', () => {
    expect(parseNginxV('nginx version: nginx/1.26.3\n')).toEqual({ version: '1.26.3', openssl: '0' });
  });

  it('takes CRLF, a prompt and other lines before it', () => {
    const text = `\ufeff$ nginx -V\nld.so: a warning\n${lines('nginx/1.24.0', 'built with OpenSSL 3.0.9 30 May 2023')}`;
    const expected = { version: '1.24.0', openssl: '3.0.9', modules: ['http_ssl_module'] };
    expect(parseNginxV(text)).toEqual(expected);
    expect(parseNginxV(text.replaceAll('\n', '\r\n'))).toEqual(expected);
  });

  it('counts only what is built in, whatever stands in quoted values', () => {
    const configure =
      "--with-ld-opt='-Wl,-z,relro --with-http_v3_module' --with-stream=dynamic --with-compat --with-openssl=/src/o --with-http_v2_module";
    expect(parseNginxV(lines('nginx/1.26.0', '', configure))?.modules).toEqual(['compat', 'http_v2_module']);
    expect(configureArguments(lines('nginx/1.26.0', '', "--with-cc-opt='-g -O2' --prefix=/x"))).toEqual([
      '--with-cc-opt=-g -O2',
      '--prefix=/x',
    ]);
  });

  it.each([
    '',
    'hello',
    'nginx version: nginx/',
    'Angie version: Angie/1.8.3',
    'Server version: Apache/2.4.62',
    '\0\0',
  ])('is undefined for %j', (text) => {
    expect(parseNginxV(text)).toBeUndefined();
  });
});
