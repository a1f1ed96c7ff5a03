/**
 * Small specs that together use every string of the schema. A string that stands for the value under test is found by being
 * the only one of its text; where two have to agree (a host and the canonical one), they are replaced together.
 */
/** What the samples have in common is varied in one of them alone. */
export const common = {
  sample: 'hosts and names',
  values: new Set(['site-a', 'a.example', 'http://127.0.0.1:8080']),
} as const;

/** Its route becomes a regular expression for every spelling. */
export const guardedSample = 'a guarded route';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const sites = (site: Record<string, Json>, rest: Record<string, Json> = {}): Json => ({
  version: 1,
  ...rest,
  sites: { 'site-a': { hosts: ['a.example'], ...site } },
});

export const samples: Readonly<Record<string, Json>> = {
  nginx: sites(
    { upstream: 'backend' },
    {
      nginx: {
        target: {
          version: '1.26.3',
          openssl: '3.5.1',
          modules: ['http_ssl_module', 'http_v2_module', 'http_v3_module'],
          without: ['http_scgi_module'],
          fork: 'Tengine/3.1.0',
        },
        layout: 'debian',
        defaultServer: 'refuse',
        resolver: ['192.0.2.53', '[2001:db8::53]:5353'],
      },
      upstreams: { backend: { servers: ['internal.example:8080'] } },
    },
  ),
  'target, a version': sites({ upstream: 'http://127.0.0.1:8080' }, { nginx: { target: '1.22.1' } }),
  'target, a file': sites({ upstream: 'http://127.0.0.1:8080' }, { nginx: { target: { file: 'host.nginx-V' } } }),
  acme: sites(
    { upstream: 'http://127.0.0.1:8080' },
    {
      acme: {
        directory: 'zerossl',
        agreeToTerms: true,
        email: 'ops@example.com',
        store: '/var/lib/kept',
        challenge: { 'dns-01': { exec: './hook' } },
        profile: 'tlsserver',
        keyType: 'ec-p384',
        caFile: 'directory-ca.pem',
        externalAccount: { kidFile: 'eab.kid', keyFile: 'eab.key' },
        preferredChain: 'ISRG Root X1',
        reuseKey: true,
        keep: 3,
        deployHook: '/etc/keepgate/deploy',
      },
    },
  ),
  'acme of a site': sites({
    upstream: 'http://127.0.0.1:8080',
    acme: {
      store: '/srv/kept',
      challenge: { 'dns-01': { rfc2136: { server: '192.0.2.54', zone: 'zone.example', keyFile: 'tsig.key' } } },
    },
  }),
  'acme, http-01': sites({ upstream: 'http://127.0.0.1:8080', acme: { challenge: 'http-01' } }),
  'upstreams, several servers': sites(
    { upstream: 'several' },
    {
      upstreams: {
        several: {
          balance: 'least_conn',
          keepalive: { connections: 8, timeout: '71s' },
          servers: [
            '[2001:db8::7]:8087',
            { address: '[2001:db8::8]:8088', weight: 2, maxFails: 3, failTimeout: '72s' },
            { address: '127.0.0.1:8089', backup: true },
          ],
        },
      },
    },
  ),
  'upstreams, TLS': sites(
    { upstream: 'secure' },
    {
      upstreams: {
        secure: {
          servers: ['[2001:db8::9]:8443'],
          tls: { ca: '/etc/ssl/backend-ca.pem', name: 'backend.example', verify: true },
        },
      },
    },
  ),
  'upstreams, TLS, the name of the server': sites(
    { upstream: 'secure' },
    { upstreams: { secure: { servers: ['[2001:db8::a]:8443'], tls: {} } } },
  ),
  'hosts and names': sites({ hosts: ['a.example'], upstream: 'http://127.0.0.1:8080' }),
  hosts: sites({
    hosts: ['b.example', 'www.c.example'],
    canonicalHost: 'b.example',
    upstream: 'http://127.0.0.1:8080',
    tls: {
      certificate: { cert: '/etc/ssl/site.pem', key: '/etc/ssl/site.key' },
      profile: 'modern',
      hsts: { maxAge: 63_072_000, includeSubDomains: true, preload: false },
      clientAuth: { ca: '/etc/ssl/clients.pem', verify: 'optional' },
    },
    http2: true,
    http3: true,
  }),
  'upstream, a URL': sites({ upstream: 'http://[2001:db8::7]:8087' }),
  'routes, a URL': sites({ routes: { '/': 'http://[2001:db8::7]:8087' } }),
  'routes, a URL in a group': sites({ routes: { '/': { upstream: 'http://[2001:db8::7]:8087' } } }),
  'a route': sites({
    routes: {
      '/part': {
        upstream: 'http://127.0.0.1:8080',
        allow: ['192.0.2.0/28', '2001:db8:1::/48'],
        deny: ['192.0.2.16/28'],
        basicAuth: { userFile: '/etc/nginx/route.htpasswd', realm: 'Some route', forward: false },
        headers: {
          request: { 'X-Request-Marker': 'request value', 'X-Gone': null },
          response: { 'X-Response-Marker': 'response value' },
        },
        bodyLimit: '77m',
        responseHeaderLimit: '77k',
        timeouts: { connect: '73s', send: '74s', read: '75s' },
        streaming: false,
        websocket: false,
      },
    },
  }),
  'a redirect': sites({
    routes: { '= /old': { redirect: { to: 'https://elsewhere.example/new', status: 308 } } },
  }),
  'an answer': sites({
    routes: {
      '= /own': { respond: { status: 200, body: 'some body', type: 'text/x-marker' } },
    },
  }),
  [guardedSample]: sites({
    paths: { strict: true },
    upstream: 'http://127.0.0.1:8080',
    routes: { '/kept': { deny: ['192.0.2.96/28'] } },
  }),
  raw: sites({ upstream: 'http://127.0.0.1:8080', raw: 'some_directive on;' }),
  'raw of a route': sites({ routes: { '/': { respond: { status: 204 }, raw: 'other_directive on;' } } }),
  listen: sites({
    upstream: 'http://127.0.0.1:8080',
    listen: { addresses: ['192.0.2.80'], http: 8081, https: 8444 },
  }),
  'a whole site': sites(
    {
      upstream: 'http://127.0.0.1:8080',
      tls: { certificate: 'self-signed' },
      trustedProxies: { from: ['198.51.100.0/24'], header: 'X-Balancer-Marker' },
      allow: ['192.0.2.32/28'],
      deny: ['192.0.2.48/28'],
      basicAuth: { userFile: '/etc/nginx/site.htpasswd', realm: 'Some site' },
      headers: {
        request: { 'X-Site-Request': 'site request' },
        response: { 'X-Site-Response': 'site response' },
        pass: ['X-authentik-uid'],
      },
      bodyLimit: '78m',
      responseHeaderLimit: '78k',
      timeouts: { connect: '76s', send: '77s', read: '78s' },
      websocket: true,
      paths: { strict: false, semicolons: 'refuse' },
      lint: { ignore: [{ code: 'some-rule', reason: 'that is right here' }] },
    },
    {
      defaults: {
        headers: { response: { 'X-Default': 'default value' } },
        timeouts: { connect: '79s' },
        lint: { ignore: [{ code: 'other-rule', reason: 'that is right everywhere' }] },
      },
    },
  ),
  'preset rest-api': sites({
    preset: {
      name: 'rest-api',
      backend: '2001:db8::7',
      ports: { data: 8880, health: 8886 },
      health: { allow: ['192.0.2.64/28'], path: '/some-health' },
    },
  }),
  'preset domino-rest-api': sites({
    preset: {
      name: 'domino-rest-api',
      layout: 'single-domain',
      backend: '2001:db8::7',
      metrics: { allow: ['192.0.2.80/28'], path: '/some-metrics' },
    },
  }),
  'preset domino-rest-api with a web': sites({
    preset: { name: 'domino-rest-api', web: 'http://[2001:db8::7]:8087' },
  }),
  'preset domino-rest-api, subdomains': sites({
    hosts: ['api.d.example', 'web.d.example'],
    preset: {
      name: 'domino-rest-api',
      layout: 'subdomains',
      apiHost: 'api.d.example',
      webHost: 'web.d.example',
      web: 'http://[2001:db8::7]:8087',
    },
  }),
};

export type { Json };
