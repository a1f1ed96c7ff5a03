/** What a client says of who it is does not reach a backend, unless the spec passes it on. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { overlayTemplates } from '../../src/render/user-templates.ts';
import { identityHeaders, neverPassed } from '../../src/spec/identity-headers.ts';
import { suites } from '../parts.ts';
import { http2Request } from '../wire/http2.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered } from '../wire/message.ts';
import { webSocketEcho } from '../wire/websocket.ts';
import { clientOf, echoed, gateFor, valuesOf } from './gate.ts';

/** Those that people were found to be able to forge, whatever the table says. */
const forged = [
  ...['X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Groups', 'X-Forwarded-Preferred-Username'],
  ...['X-Forwarded-Access-Token', 'X-Forwarded-Client-Cert', 'X-Forwarded-Scheme', 'X-Forwarded-Uri'],
  ...['X-Forwarded-Method', 'X-Forwarded-By', 'X-Auth-Request-User', 'X-Auth-Request-Email', 'X-authentik-username'],
  ...['X-WEBAUTH-USER', 'Remote-User', 'X-Remote-User', 'X-User', 'X-Client-Cert', 'X-SSL-Client-Cert'],
  ...['X-SSL-Client-DN', 'X-SSL-Client-Serial', 'X-SSL-Client-Verify', 'Client-Cert', 'Client-Cert-Chain'],
  ...['SSL-Client-Verify', 'SSL-Client-Cert', 'X-Original-URL', 'X-Rewrite-URL', 'Proxy'],
];

/** nginx takes none of these names. WebSphere's plug-in sends the last, and Domino may believe it. */
const odd = ['X_Forwarded_User', 'REMOTE_USER', 'SSL_CLIENT_VERIFY', 'Remote.User', '$WSRU'];

const lies = Object.fromEntries(
  [...forged, ...identityHeaders, ...neverPassed, ...odd].map((name) => [name.toLowerCase(), 'evil']),
);

const spec = `
version: 1
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8880
    routes:
      /other: http://127.0.0.1:8881
      "= /exact": http://127.0.0.1:8881
      '~ ^/v[0-9]+$': http://127.0.0.1:8881
      /plain: {websocket: false}
      /live: {streaming: true}
      /own: {headers: {request: {X-Own: yes, x-forwarded-user: gate}}}
      /open: {headers: {pass: [x-forwarded-user]}}
  behind:
    hosts: [behind.example.com]
    upstream: http://127.0.0.1:8880
    headers: {pass: [X-Forwarded-User, Client-Cert]}
    routes:
      /more: {headers: {pass: [Remote-User]}}
      /plain: {websocket: false}
`;

const paths = ['/', '/other', '/exact', '/v1', '/plain', '/live', '/own', '/open'];

describe.each(suites)('through nginx of %s', (suite) => {
  const gate = gateFor(suite, spec);
  const asked = async (site: string, path: string) => {
    const request = { ...clientOf(gate(), site, `${site}.example.com`), path, headers: lies };
    const [one, two] = [answered(await httpsRequest(request)), answered(await http2Request(request))].map(echoed);
    const liesOf = (seen: typeof one) =>
      (seen?.headers ?? []).filter(([, value]) => value === 'evil').map(([name]) => name);
    expect(liesOf(two).sort()).toEqual(liesOf(one).sort());
    return { lies: liesOf(one).sort(), one };
  };

  it.each(paths)('no word of a client about itself reaches %s', async (path) => {
    const seen = await asked('api', path);
    expect(seen.lies).toEqual(path === '/open' ? ['x-forwarded-user'] : []);
    expect(valuesOf(seen.one, 'X-Forwarded-User')).toEqual({ '/own': ['gate'], '/open': ['evil'] }[path] ?? []);
  });

  it.each([
    ['/', ['client-cert', 'x-forwarded-user']],
    ['/plain', ['client-cert', 'x-forwarded-user']],
    ['/more', ['client-cert', 'remote-user', 'x-forwarded-user']],
  ])('what the spec passes on reaches %s', async (path, expected) => {
    expect((await asked('behind', path)).lies).toEqual(expected);
  });

  it('nor does any with a WebSocket', async () => {
    const client = clientOf(gate(), 'api', 'api.example.com');
    expect(answered(await webSocketEcho({ ...client, headers: lies, message: 'x' })).status).toBe(101);
    const last = gate().backend('127.0.0.1:8880').requests.at(-1);
    expect(last?.headers.filter(([, value]) => value === 'evil')).toEqual([]);
  });
});

describe.each(suites)('nginx of %s that takes odd names elsewhere', (suite) => {
  const shared = readFileSync('templates/shared.conf.hbs', 'utf8');
  const templates = overlayTemplates({
    'shared.conf.hbs': `underscores_in_headers on;\nignore_invalid_headers off;\n${shared}`,
  });
  const gate = gateFor(suite, spec, { templates });

  it('drops them at a site of keepgate', async () => {
    const request = { ...clientOf(gate(), 'api', 'api.example.com'), headers: lies };
    for (const response of [await httpsRequest(request), await http2Request(request)])
      expect(echoed(answered(response)).headers.filter(([, value]) => value === 'evil')).toEqual([]);
  });
});
