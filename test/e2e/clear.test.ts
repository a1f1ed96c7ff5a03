/** Port 80: the challenges of a CA, and the way to HTTPS for everything else. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { suites } from '../parts.ts';
import { httpRequest } from '../wire/http1.ts';
import { http2Request } from '../wire/http2.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered, type Request } from '../wire/message.ts';
import { clientOf, gateFor, prefixOf } from './gate.ts';

const spec = `
version: 1
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8880
    tls: {hsts: {maxAge: 1000}}
  keep:
    hosts: [keep.example.com, www.keep.example.com]
    canonicalHost: keep.example.com
    upstream: http://127.0.0.1:8881
    tls: {hsts: {maxAge: 1000}}
    basicAuth: {userFile: /nonexistent}
    deny: [127.0.0.1]
`;

const challenges = '/.well-known/acme-challenge';

describe.each(suites)('port 80 of nginx of %s', (suite) => {
  const gate = gateFor(suite, spec);
  const ask = async (path: string, more: Omit<Request, 'path'> = {}) =>
    answered(await httpRequest({ port: gate().port(80), host: 'api.example.com', path, ...more }));
  const target = (host: string, path: string) => `https://${host}:${gate().port(443)}${path}`;

  beforeAll(() => {
    const folder = join(gate().challengeRoot, challenges);
    mkdirSync(join(folder, 'folder'), { recursive: true });
    for (const name of ['to-ken_1', 'to-ken.html']) writeFileSync(join(folder, name), `${name}.thumbprint`);
    for (const place of [gate().challengeRoot, join(folder, '..'), prefixOf(gate())])
      writeFileSync(join(place, 'secret'), 'secret words');
    symlinkSync(join(prefixOf(gate()), 'secret'), join(gate().challengeRoot, 'link'));
  });

  describe('challenges', () => {
    it.each(['api.example.com', 'keep.example.com', 'www.keep.example.com'])('are served for %s', async (host) => {
      const response = await ask(`${challenges}/to-ken_1`, { host });
      expect([response.status, response.body.toString()]).toEqual([200, 'to-ken_1.thumbprint']);
      expect(response.headers.get('content-type')).toBe('text/plain');
    });

    it('are plain text, whatever their names end in', async () => {
      const response = await ask(`${challenges}/to-ken.html`);
      expect(response.headers.get('content-type')).toBe('text/plain');
    });

    it('are served in clear alone', async () => {
      const response = await httpsRequest({
        ...clientOf(gate(), 'api', 'api.example.com'),
        path: `${challenges}/to-ken_1`,
      });
      expect(answered(response).body.toString()).not.toBe('to-ken_1.thumbprint');
    });

    it.each(['/none', '/', '/folder', '/folder/'])('that are not there are not found: %s', async (path) => {
      expect((await ask(`${challenges}${path}`)).status).toBe(404);
    });

    it.each([
      '/../secret',
      '/../../secret',
      '/../../../secret',
      '/..%2fsecret',
      '/..%2f..%2fsecret',
      '/..%2f..%2f..%2fsecret',
      '/%2e%2e/%2e%2e/secret',
      '/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret',
      '/..%252f..%252fsecret',
      '/..\\..\\secret',
      '/../../link',
      '/../../certificates/api.key',
      '/..%2f..%2f..%2fcertificates/api.key',
      '%2f..%2f..%2fsecret',
    ])('lead nowhere else: %s', async (path) => {
      const response = await ask(`${challenges}${path}`);
      expect([308, 400, 404]).toContain(response.status);
      expect(response.body.toString()).not.toMatch(/secret words|PRIVATE KEY/);
    });
  });

  describe('everything else', () => {
    it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
      'leads to https with its method, path and query: %s',
      async (method) => {
        const body = method === 'POST' ? { body: 'x' } : {};
        const response = await ask('/a%2Fb//c?x=%2F&y=a+b', { method, ...body });
        expect(response.status).toBe(308);
        expect(response.headers.get('location')).toBe(target('api.example.com', '/a%2Fb//c?x=%2F&y=a+b'));
      },
    );

    it.each(['/.well-known/other', '/.well-known/acme-challengex', '/.well-known/acme-challenge', '/%0d%0aX:%20y'])(
      'such as %s',
      async (path) => {
        const response = await ask(path);
        expect([response.status, response.headers.get('location')]).toEqual([308, target('api.example.com', path)]);
      },
    );

    it('has no HSTS, which means nothing here, and no way to the backend', async () => {
      expect((await ask('/')).headers.has('strict-transport-security')).toBe(false);
      expect(
        gate()
          .backend('127.0.0.1:8880')
          .requests.filter(({ url }) => url === '/'),
      ).toEqual([]);
    });

    it('leads on with a bearer token of 12 kB, too', async () => {
      const headers = { Authorization: `Bearer ${'a'.repeat(12_000)}` };
      expect((await ask('/x', { headers })).status).toBe(308);
      const alias = { ...clientOf(gate(), 'keep', 'www.keep.example.com'), headers };
      expect(answered(await httpsRequest(alias)).status).toBe(308);
      expect(answered(await http2Request(alias)).status).toBe(308);
    });

    it('leads to the name as it is spelled in the spec', async () => {
      const response = await ask('/x', { host: 'API.Example.COM.:1234' });
      expect(response.headers.get('location')).toBe(target('api.example.com', '/x'));
    });

    it('leads to the canonical name', async () => {
      for (const host of ['www.keep.example.com', 'keep.example.com']) {
        const response = await ask('/x%2F?y', { host, method: 'POST', body: '' });
        expect([response.status, response.headers.get('location')]).toEqual([
          308,
          target('keep.example.com', '/x%2F?y'),
        ]);
      }
    });
  });

  it('does the same on 443 for a name that is not the canonical one', async () => {
    const response = answered(
      await httpsRequest({ ...clientOf(gate(), 'keep', 'www.keep.example.com'), path: '/x%2F?y' }),
    );
    expect([response.status, response.headers.get('location')]).toEqual([308, target('keep.example.com', '/x%2F?y')]);
    expect(response.headers.get('strict-transport-security')).toBe('max-age=1000');
    const canonical = answered(await httpsRequest(clientOf(gate(), 'keep', 'keep.example.com')));
    expect(canonical.status).toBe(403);
  });
});
