/** Who may pass: by password, by address, and by address behind a balancer. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { suites } from '../parts.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered } from '../wire/message.ts';
import { clientOf, echoed, gateFor, valuesOf } from './gate.ts';

const folder = throwawayFolder();
afterAll(() => folder.remove());
const userFile = join(folder.path, 'users');
const sha1 = createHash('sha1').update('secret').digest('base64');
writeFileSync(userFile, `sha:{SHA}${sha1}\nplain:{PLAIN}secret\n`);

const spec = `
version: 1
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8880
    tls: {hsts: {maxAge: 1000}}
    routes:
      /secret: {basicAuth: {userFile: ${userFile}, realm: 'The "Keep"'}}
      /both: {basicAuth: {userFile: ${userFile}, forward: true}}
      /local: {allow: [127.0.0.0/8]}
      /elsewhere: {allow: [10.0.0.0/8, '2001:db8::/32']}
      /denied: {deny: [127.0.0.1]}
      /others: {deny: [10.0.0.1]}
      "= /exact": {deny: [127.0.0.1]}
      "~ ^/closed/[a-z]+$": {allow: [10.0.0.0/8]}
      /answer: {respond: {body: words}, allow: [10.0.0.0/8]}
      /redirect: {redirect: {to: /new}, deny: [127.0.0.1]}
      /password: {respond: {body: words}, basicAuth: {userFile: ${userFile}}, headers: {response: {X-Own: y}}}
      /open: {respond: {body: words}, allow: [127.0.0.1]}
  closed:
    hosts: [closed.example.com]
    upstream: http://127.0.0.1:8881
    basicAuth: {userFile: ${userFile}}
    routes:
      /x: {websocket: false}
      /passed: {basicAuth: {userFile: ${userFile}, forward: true}}
      /answer: {respond: {body: words}}
      /moved: {redirect: {to: /new}}
  passing:
    hosts: [passing.example.com]
    upstream: http://127.0.0.1:8886
    basicAuth: {userFile: ${userFile}, forward: true}
    routes:
      /kept: {basicAuth: {userFile: ${userFile}}}
      /x: {websocket: false}
  fixed:
    hosts: [fixed.example.com]
    upstream: http://127.0.0.1:8887
    headers: {request: {Authorization: Basic ours}}
    routes:
      /both: {basicAuth: {userFile: ${userFile}}}
  strict:
    hosts: [strict.example.com]
    upstream: http://127.0.0.1:8888
    paths: {strict: true}
  inside:
    hosts: [inside.example.com]
    upstream: http://127.0.0.1:8882
    allow: [10.0.0.0/8]
    routes:
      /local: {allow: [127.0.0.1]}
      /denied: {deny: [192.0.2.1]}
      /answer: {respond: {body: words}}
  balanced:
    hosts: [balanced.example.com]
    upstream: http://127.0.0.1:8883
    trustedProxies: {from: [127.0.0.1, 10.0.0.0/8]}
    routes:
      /office: {allow: [203.0.113.0/24]}
  real:
    hosts: [real.example.com]
    upstream: http://127.0.0.1:8884
    trustedProxies: {from: [127.0.0.1], header: X-Real-IP}
  spelled:
    hosts: [spelled.example.com]
    upstream: http://127.0.0.1:8884
    trustedProxies: {from: [127.0.0.1], header: x-forwarded-for}
  distrusting:
    hosts: [distrusting.example.com]
    upstream: http://127.0.0.1:8885
    trustedProxies: {from: [10.0.0.0/8]}
`;

const denying = `
version: 1
defaults: {deny: [127.0.0.1]}
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8880
    routes:
      /local: {allow: [127.0.0.0/8]}
`;

describe.each(suites)('nginx of %s that denies by default', (suite) => {
  const gate = gateFor(suite, denying);

  it.each(['/', '/local', '/local/x'])("keeps the denial beside a route's own allow: %s", async (path) => {
    const client = clientOf(gate(), 'api', 'api.example.com');
    expect(answered(await httpsRequest({ ...client, path })).status).toBe(403);
  });
});

describe.each(suites)('nginx of %s', (suite) => {
  const gate = gateFor(suite, spec);
  const client = (site: string) => clientOf(gate(), site, `${site}.example.com`);
  const ask = async (site: string, path: string, headers = {}) =>
    answered(await httpsRequest({ ...client(site), path, headers }));
  const status = async (site: string, path: string, headers = {}) => (await ask(site, path, headers)).status;
  const login = (user: string, password: string) => ({
    Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });

  describe('asks for a password', () => {
    it.each(['/secret', '/secret/x', '/both', '/SECRET', '/%73ecret', '/secret.json'])('for %s', async (path) => {
      const refused = await ask('api', path);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('strict-transport-security')).toBe('max-age=1000');
      expect(await status('api', path, login('plain', 'wrong'))).toBe(401);
      expect(await status('api', path, login('nobody', 'secret'))).toBe(401);
      expect(await status('api', path, { Authorization: 'Bearer x' })).toBe(401);
      for (const user of ['plain', 'sha']) expect(await status('api', path, login(user, 'secret'))).toBe(200);
    });

    it('in its name', async () => {
      expect((await ask('api', '/secret')).headers.get('www-authenticate')).toBe('Basic realm="The \\"Keep\\""');
    });

    it('and keeps it from the backend, unless it is to be passed on', async () => {
      const authorization = async (site: string, path: string) =>
        valuesOf(echoed(await ask(site, path, login('plain', 'secret'))), 'Authorization');
      expect(await authorization('api', '/secret')).toEqual([]);
      expect(await authorization('api', '/both')).toEqual([login('plain', 'secret').Authorization]);
      expect(await authorization('api', '/other')).toEqual([login('plain', 'secret').Authorization]);
      expect(await authorization('closed', '/')).toEqual([]);
      expect(await authorization('closed', '/x')).toEqual([]);
      expect(await authorization('closed', '/passed')).toEqual([login('plain', 'secret').Authorization]);
      expect(await authorization('passing', '/')).toEqual([login('plain', 'secret').Authorization]);
      expect(await authorization('passing', '/kept')).toEqual([]);
      expect(await authorization('passing', '/x')).toEqual([login('plain', 'secret').Authorization]);
      expect(await authorization('fixed', '/both')).toEqual(['Basic ours']);
    });

    it.each(['/', '/x', '/answer', '/moved'])('for the whole of a site: %s', async (path) => {
      expect(await status('closed', path)).toBe(401);
      expect([200, 308]).toContain(await status('closed', path, login('plain', 'secret')));
    });

    it('before it answers by itself', async () => {
      expect(await status('api', '/password')).toBe(401);
      const response = await ask('api', '/password', login('plain', 'secret'));
      expect([response.status, response.body.toString(), response.headers.get('x-own')]).toEqual([200, 'words', 'y']);
    });
  });

  describe('looks at addresses', () => {
    it.each([
      ['api', '/local', 200],
      ['api', '/local/x', 200],
      ['api', '/elsewhere', 403],
      ['api', '/elsewhere/x', 403],
      ['api', '/x/..%2felsewhere', 400],
      ['api', '//elsewhere', 400],
      ['api', '/elsewhere;x', 400],
      ['api', '/ELSEWHERE', 403],
      ['api', '/%65lsewhere', 403],
      ['api', '/denied', 403],
      ['api', '/others', 200],
      ['api', '/exact', 403],
      ['api', '/closed/x', 403],
      ['api', '/closed/x/', 403],
      ['api', '/closed/1', 200],
      ['inside', '/', 403],
      ['inside', '/local', 200],
      ['inside', '/denied', 403],
      ['inside', '/denied/x', 403],
    ])('%s %s: %i', async (site, path, expected) => {
      expect(await status(site, path)).toBe(expected);
      expect(await status(site, path, { 'X-Forwarded-For': '10.0.0.1', 'X-Real-IP': '10.0.0.1' })).toBe(expected);
    });

    it.each([
      ['api', '/answer', 403],
      ['api', '/redirect', 403],
      ['api', '/open', 200],
      ['inside', '/answer', 403],
    ])('before it answers by itself: %s %s: %i', async (site, path, expected) => {
      expect(await status(site, path)).toBe(expected);
    });
  });

  describe('refuses paths that backends read in other ways', () => {
    it.each(['/a;b', '/a/../b', '/a/%2e%2e', '//a', '/a%5cb', '/a%0ab', '/a#b', '/%e2%84%aaeys', '/%C5%BFite'])(
      '%s',
      async (path) => {
        expect(await status('strict', path)).toBe(400);
        expect(await status('real', path)).toBe(200);
      },
    );

    it.each(['/a?b;c', '/a/.b/..c', '/a//b', '/a%20b', '/a%2Fb', '/a%3Bb', `/${'a/b.'.repeat(3900)}`])(
      'and no other: %.20s',
      async (path) => expect(await status('strict', path)).toBe(200),
    );
  });

  describe('behind a balancer', () => {
    const address = async (site: string, headers: Record<string, string | string[]>) => {
      const seen = echoed(await ask(site, '/', headers));
      expect(valuesOf(seen, 'X-Real-IP')).toEqual(valuesOf(seen, 'X-Forwarded-For'));
      return valuesOf(seen, 'X-Forwarded-For').join();
    };

    it.each([
      ['203.0.113.9', '203.0.113.9'],
      ['6.6.6.6, 203.0.113.9', '203.0.113.9'],
      ['6.6.6.6, 203.0.113.9, 10.0.0.7', '203.0.113.9'],
      ['203.0.113.9, 6.6.6.6', '6.6.6.6'],
      ['10.0.0.7, 10.0.0.8', '10.0.0.7'],
      ['not an address', '127.0.0.1'],
      ['2001:db8::1', '2001:db8::1'],
    ])('takes the last address that is not trusted: %s is %s', async (forwarded, expected) => {
      expect(await address('balanced', { 'X-Forwarded-For': forwarded })).toBe(expected);
    });

    it('reads no other header', async () => {
      const others = { 'X-Real-IP': '203.0.113.9', Forwarded: 'for=203.0.113.9' };
      expect(await address('balanced', others)).toBe('127.0.0.1');
      expect(await address('real', { 'X-Real-IP': '203.0.113.9', 'X-Forwarded-For': '6.6.6.6' })).toBe('203.0.113.9');
    });

    it.each(['balanced', 'spelled'])('reads the line that the balancer has added last, at %s', async (site) => {
      // The client wrote the first line itself.
      expect(await address(site, { 'X-Forwarded-For': ['6.6.6.6', '203.0.113.9'] })).toBe('203.0.113.9');
    });

    it('believes no stranger, and sites that trust nobody believe nobody', async () => {
      for (const site of ['distrusting', 'api']) {
        expect(await address(site, { 'X-Forwarded-For': '203.0.113.9', 'X-Real-IP': '203.0.113.9' })).toBe('127.0.0.1');
      }
    });

    it('decides by that address who may pass', async () => {
      expect(await status('balanced', '/office', { 'X-Forwarded-For': '203.0.113.9' })).toBe(200);
      expect(await status('balanced', '/office', { 'X-Forwarded-For': '203.0.113.9, 6.6.6.6' })).toBe(403);
      expect(await status('balanced', '/office')).toBe(403);
    });
  });
});
