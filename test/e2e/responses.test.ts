/** What of a backend's answer reaches the client, what is added to it, and what nginx answers by itself. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { suites } from '../parts.ts';
import { httpRequest } from '../wire/http1.ts';
import { http2Request } from '../wire/http2.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered } from '../wire/message.ts';
import { clientOf, echoed, gateFor, prefixOf, valuesOf } from './gate.ts';

const spec = `
version: 1
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8880
    bodyLimit: 1k
    tls: {hsts: {maxAge: 1000, includeSubDomains: true}}
    headers:
      response: {X-Frame-Options: DENY, X-Powered-By: null}
      request: {X-Api-Key: 'k "1"', X-Debug: null}
    routes:
      /own:
        headers:
          response: {Cache-Control: no-store, X-Backend: null}
          request: {X-Route: own}
      /framed: {headers: {response: {X-Frame-Options: null}}}
      /other: {headers: {response: {x-frame-options: SAMEORIGIN}, request: {x-api-key: null}}}
      /old: {redirect: {to: https://new.example.com/there?x=1}}
      "= /moved": {redirect: {to: /new, status: 301}}
      "= /healthz": {respond: {status: 204}}
      "= /robots.txt": {respond: {body: 'User-agent: *'}}
      /headers/large: {responseHeaderLimit: 64k}
      /gone: {respond: {status: 410, body: '{"gone":true}', type: application/json}, headers: {response: {X-Own: y}}}
  plain:
    hosts: [plain.example.com]
    upstream: http://127.0.0.1:8881
  large:
    hosts: [large.example.com, www.large.example.com]
    canonicalHost: large.example.com
    upstream: http://127.0.0.1:8882
    responseHeaderLimit: 1024k
    routes: {/small: {responseHeaderLimit: 4k}}
`;

describe.each(suites)('an answer through nginx of %s', (suite) => {
  const gate = gateFor(suite, spec, { workers: 1 });
  const client = () => clientOf(gate(), 'api', 'api.example.com');
  const get = async (path: string, headers = {}) => answered(await httpsRequest({ ...client(), path, headers }));
  const ours = { 'Strict-Transport-Security': ['max-age=1000; includeSubDomains'], 'X-Frame-Options': ['DENY'] };

  /** All values of some headers as they arrived. */
  async function headersOf(path: string, ...names: readonly string[]) {
    const { rawHeaders: headers } = await get(path);
    return Object.fromEntries(names.map((name) => [name, valuesOf({ headers }, name)]));
  }
  const both = ['Strict-Transport-Security', 'X-Frame-Options'] as const;

  describe('headers', () => {
    it('are added once, whatever the backend sends', async () => {
      expect(await headersOf('/', ...both)).toEqual(ours);
      const path = '/headers?Strict-Transport-Security=max-age%3D1&X-Frame-Options=ALLOWALL';
      expect(await headersOf(path, ...both)).toEqual(ours);
      const two = answered(await http2Request({ ...client(), path }));
      expect(valuesOf({ headers: two.rawHeaders }, 'Strict-Transport-Security')).toEqual([
        'max-age=1000; includeSubDomains',
      ]);
    });

    it('are taken away, and others left alone', async () => {
      const path = '/headers?X-Powered-By=x&X-Other=1&Set-Cookie=a%3D1&Set-Cookie=b%3D2&Strict-Transport=y';
      expect(await headersOf(path, 'X-Powered-By', 'X-Other', 'Set-Cookie', 'Strict-Transport')).toEqual({
        'X-Powered-By': [],
        'X-Other': ['1'],
        'Set-Cookie': ['a=1', 'b=2'],
        'Strict-Transport': ['y'],
      });
    });

    it.each(['/status?code=404', '/status?code=500', '/healthz', '/gone', '/old', '/moved', '/%00'])(
      'of the site are there with %s',
      async (path) => {
        expect(await headersOf(path, ...both)).toEqual(ours);
      },
    );

    it('of the site are there when a body is too large', async () => {
      const body = 'x'.repeat(1025);
      const { status, headers } = answered(await httpsRequest({ ...client(), method: 'POST', body }));
      expect([status, headers.get('x-frame-options')]).toEqual([413, 'DENY']);
    });

    it('of a route come on top of those of its site', async () => {
      const sent = 'X-Powered-By=x&X-Backend=x&Cache-Control=public&Strict-Transport-Security=x';
      const names = [...both, 'Cache-Control', 'X-Powered-By', 'X-Backend'] as const;
      expect(await headersOf(`/own/headers?${sent}`, ...names)).toEqual({
        ...ours,
        'Cache-Control': ['no-store'],
        'X-Powered-By': [],
        'X-Backend': [],
      });
    });

    it('of the site can be taken away or changed by a route', async () => {
      const hsts = ours['Strict-Transport-Security'];
      expect(await headersOf('/framed/headers?X-Frame-Options=x', ...both)).toEqual({
        'Strict-Transport-Security': hsts,
        'X-Frame-Options': [],
      });
      expect(await headersOf('/other/headers?X-Frame-Options=x', ...both)).toEqual({
        'Strict-Transport-Security': hsts,
        'X-Frame-Options': ['SAMEORIGIN'],
      });
    });

    it('to the backend are set and taken away, by site and by route', async () => {
      const lies = {
        'X-Api-Key': 'mine',
        'X-Debug': '1',
        'X-Route': 'mine',
        'X-Other': 'o',
        'X-Forwarded-For': '6.6.6.6',
      };
      const seen = async (path: string) => {
        const request = echoed(await get(path, lies));
        return ['X-Api-Key', 'X-Debug', 'X-Route', 'X-Other', 'X-Forwarded-For', 'Host'].map((name) =>
          valuesOf(request, name).join(),
        );
      };
      expect(await seen('/')).toEqual(['k "1"', '', 'mine', 'o', '127.0.0.1', 'api.example.com']);
      expect(await seen('/own')).toEqual(['k "1"', '', 'own', 'o', '127.0.0.1', 'api.example.com']);
      expect(await seen('/other')).toEqual(['', '', 'mine', 'o', '127.0.0.1', 'api.example.com']);
    });

    it('have no HSTS where nobody asked for it', async () => {
      const plain = { ...clientOf(gate(), 'plain', 'plain.example.com') };
      expect(answered(await httpsRequest(plain)).headers.has('strict-transport-security')).toBe(false);
      const path = '/headers?Strict-Transport-Security=max-age%3D1';
      expect(answered(await httpsRequest({ ...plain, path })).headers.get('strict-transport-security')).toBe(
        'max-age=1',
      );
    });
  });

  it.each([
    ['http://api.example.com/x?y', 'https://api.example.com:PORT/x?y'],
    ['http://api.example.com/', 'https://api.example.com:PORT/'],
    ['https://elsewhere.example/x', 'https://elsewhere.example/x'],
    ['http://api.example.com.evil.example/x', 'http://api.example.com.evil.example/x'],
    ['/x', '/x'],
  ])('has the Location %s as %s', async (location, expected) => {
    const response = await get(`/headers?Location=${encodeURIComponent(location)}`);
    // nginx makes a path absolute, by name and port.
    const port = client().port;
    const absolute = expected.startsWith('/') ? [expected, `https://api.example.com:${port}${expected}`] : [expected];
    expect(absolute.map((url) => url.replace('PORT', String(port)))).toContain(response.headers.get('location'));
  });

  describe('of nginx itself', () => {
    it('is a redirect', async () => {
      const old = await get('/old/x?y');
      expect([old.status, old.headers.get('location')]).toEqual([308, 'https://new.example.com/there?x=1']);
      const moved = await get('/moved');
      expect([moved.status, moved.headers.get('location')]).toEqual([
        301,
        `https://api.example.com:${client().port}/new`,
      ]);
    });

    it('is a response', async () => {
      const healthy = await get('/healthz');
      expect([healthy.status, healthy.body.length]).toEqual([204, 0]);
      const robots = await get('/robots.txt');
      expect([robots.status, robots.headers.get('content-type'), robots.body.toString()]).toEqual([
        200,
        'text/plain',
        'User-agent: *',
      ]);
      const gone = await get('/gone/x');
      expect([gone.status, gone.headers.get('content-type'), gone.body.toString()]).toEqual([
        410,
        'application/json',
        '{"gone":true}',
      ]);
      expect(valuesOf({ headers: gone.rawHeaders }, 'X-Own')).toEqual(['y']);
      expect((await get('/healthz/x')).status).toBe(200);
    });

    it('has the type of the response, whatever the path ends in', async () => {
      expect((await get('/gone/x.html')).headers.get('content-type')).toBe('application/json');
    });
  });

  it.each([
    ['api', '/cookie?bytes=5000', 200],
    ['api', '/cookie?bytes=15000', 200],
    ['api', '/cookie?bytes=17000', 502],
    ['api', '/headers/large/cookie?bytes=60000', 200],
    ['api', '/headers/large/cookie?bytes=66000', 502],
    ['large', '/cookie?bytes=1000000', 200],
    ['large', '/small/cookie?bytes=3000', 200],
    ['large', '/small/cookie?bytes=5000', 502],
  ])('has headers as large as the spec says: %s, %s', async (site, path, status) => {
    const response = answered(await httpsRequest({ ...clientOf(gate(), site, `${site}.example.com`), path }));
    expect(response.status).toBe(status);
    if (status === 200) expect(response.headers.get('set-cookie')?.length).toBe(Number(path.replace(/.*=/, '')) + 2);
    else expect(JSON.parse(response.body.toString()).detail).toMatch(/^No usable response came/);
  });

  it('says which server it is, and not which version', async () => {
    const ofTls = async (options: object) => {
      const response = answered(await httpsRequest({ ...client(), ...options }));
      expect(response.body.toString()).not.toMatch(/nginx\/1/);
      return response.headers.get('server');
    };
    expect(await ofTls({ path: '/' })).toBe('nginx');
    expect(await ofTls({ path: '/cookie?bytes=17000' })).toBe('nginx');
    expect(await ofTls({ servername: 'www.large.example.com', ca: undefined })).toBe('nginx');
    // nginx 1.18 hangs up on such a request.
    if (suite !== 'bullseye') expect(await ofTls({ host: 'unknown.example' })).toBe('nginx');
    const clear = answered(await httpRequest({ port: gate().port(80), host: 'api.example.com' }));
    expect(clear.headers.get('server')).toBe('nginx');
  });

  it('is in the access log when it is a redirect, too', async () => {
    const www = { ...clientOf(gate(), 'large', 'www.large.example.com'), path: '/from-alias' };
    expect(answered(await httpsRequest(www)).status).toBe(308);
    const clear = { port: gate().port(80), host: 'api.example.com', path: '/in-clear' };
    expect(answered(await httpRequest(clear)).status).toBe(308);
    process.kill(gate().nginx.pid, 'SIGUSR1');
    const log = join(prefixOf(gate()), 'keepgate_access.log');
    await expect.poll(() => readFile(log, 'utf8'), { timeout: 20_000 }).toMatch(/\/from-alias.*" 308 /);
    await expect.poll(() => readFile(log, 'utf8'), { timeout: 20_000 }).toMatch(/\/in-clear.*" 308 /);
  });

  it('is in the access log, in the promised form', async () => {
    const headers = { 'User-Agent': 'a "quoted"\tagent', Referer: 'https://from.example/' };
    await get('/logged?x=1', headers);
    await get('/healthz');
    // nginx writes what it holds back when it opens its logs anew.
    process.kill(gate().nginx.pid, 'SIGUSR1');
    const log = join(prefixOf(gate()), 'keepgate_access.log');
    await expect.poll(() => readFile(log, 'utf8'), { timeout: 20_000 }).toMatch(/\/logged.*\n(?:.*\n)*.*\/healthz.*\n/);
    const lines = (await readFile(log, 'utf8')).split('\n');
    const port = gate().backend('127.0.0.1:8880').port;
    const time = /\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/.source;
    const line = new RegExp(
      `^127\\.0\\.0\\.1 - - ${time} api\\.example\\.com "GET /logged\\?x=1 HTTP/1\\.1" 200 \\d+ ` +
        `"https://from\\.example/" "a \\\\x22quoted\\\\x22\\\\x09agent" \\d+\\.\\d{3} 127\\.0\\.0\\.1:${port} \\d+\\.\\d{3}$`,
    );
    expect(lines.find((text) => text.includes('/logged'))).toMatch(line);
    expect(lines.findLast((text) => text.includes('/healthz'))).toMatch(/ 204 0 "-" "-" \d+\.\d{3} - -$/);
  });
});
