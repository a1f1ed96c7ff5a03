import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { configureArguments, parseNginxV } from '../../src/model/target.ts';
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
    expect(target?.modules.includes('http_v3_module')).toBe(expected[suite].http3);
    expect(target?.modules.filter((name) => /[= ]|^stream$|opt$/.test(name))).toEqual([]);
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
    ['nginx/1.27.0', 'built with LibreSSL 3.9.2', '1.27.0', '0'],
    ['nginx/1.27.0', 'built with OpenSSL 1.1.1 (compatible; BoringSSL) (running with BoringSSL)', '1.27.0', '0'],
    ['nginx/1.29.1', 'built with OpenSSL 1.1.1 (compatible; AWS-LC 1.36.0)', '1.29.1', '0'],
    ['nginx/1.27.0', '', '1.27.0', '0'],
    ['openresty/1.25.3.1', 'built with OpenSSL 1.1.1w  11 Sep 2023', '1.25.3', '1.1.1w'],
  ])('%s, %s', (name, openssl, version, runs) => {
    expect(parseNginxV(lines(name, openssl))).toEqual({ version, openssl: runs, modules: ['http_ssl_module'] });
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

  it.each(['', 'hello', 'nginx version: nginx/', 'Server version: Apache/2.4.62', '\0\0'])(
    'is undefined for %j',
    (text) => {
      expect(parseNginxV(text)).toBeUndefined();
    },
  );
});
