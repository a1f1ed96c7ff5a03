import { describe, expect, it } from 'vitest';
import type { Site } from '../../src/model/site.ts';
import type { Target } from '../../src/model/target.ts';
import { resolved, targets } from './resolved.ts';

/** The one site with these options. */
function site(options: string, target?: Target, top = ''): Site {
  const upstream = /routes|upstream/.test(options) ? '' : '    upstream: http://127.0.0.1:8080\n';
  const hosts = options.includes('hosts:') ? '' : '    hosts: [api.example.com]\n';
  const { model, diagnostics } = resolved(`${top}sites:\n  api:\n${hosts}${upstream}    ${options}\n`, target);
  expect(diagnostics).toEqual([]);
  const [only] = model.sites;
  if (!only) throw new Error('no site');
  return only;
}

const pathsOf = ({ locations }: Site) => locations.map(({ modifier, path }) => `${modifier ?? ''}${path}`);

describe('routes', () => {
  it('become exact matches and prefixes of whole segments, regular expressions last and as written', () => {
    const made = site(
      'routes: {"~ z": "http://127.0.0.1:1", /api: "http://127.0.0.1:1", "~* a": "http://127.0.0.1:1", "= /x": "http://127.0.0.1:1", /: "http://127.0.0.1:1"}',
    );
    expect(pathsOf(made)).toEqual(['/', '=/api', '/api/', '=/x', '~z', '~*a']);
  });

  it('with an exact one beside a segment keep both', () => {
    const made = site('routes: {/api: "http://127.0.0.1:1", "= /api": "http://127.0.0.1:2"}');
    expect(made.locations.map(({ modifier, path, proxy }) => [modifier, path, proxy?.pass])).toEqual([
      ['=', '/api', 'http://keepgate_api_127.0.0.1_2'],
      [null, '/api/', 'http://keepgate_api_127.0.0.1_1'],
    ]);
  });

  it('take the upstream of their site where they name none', () => {
    const made = site(
      'upstream: http://127.0.0.1:8080\n    routes: {/big: {bodyLimit: 1g}, /gone: {respond: {status: 410}}}',
    );
    expect(made.locations.map(({ path, proxy }) => [path, proxy?.pass])).toEqual([
      ['/', 'http://keepgate_api_127.0.0.1_8080'],
      ['/big', 'http://keepgate_api_127.0.0.1_8080'],
      ['/big/', 'http://keepgate_api_127.0.0.1_8080'],
      ['^/gone(?![a-z0-9_-])', undefined],
    ]);
    expect(made.upstreams).toHaveLength(1);
  });

  it('that stream wait an hour, unless they say how long', () => {
    const made = site(
      'routes: {"= /a": {upstream: "http://127.0.0.1:1", streaming: true}, "= /b": {upstream: "http://127.0.0.1:1", streaming: true, timeouts: {read: 2h}}}',
    );
    expect(made.locations.map(({ timeouts }) => timeouts)).toEqual([
      { connect: '5s', send: '60s', read: '1h' },
      { connect: '5s', send: '60s', read: '2h' },
    ]);
  });

  it('repeat all headers of the site where they change one', () => {
    const made = site(
      'headers: {request: {X-A: a}}\n    upstream: http://127.0.0.1:1\n    routes: {"= /b": {headers: {request: {x-a: b, X-B: null}}}, "= /c": {bodyLimit: 1m}}',
    );
    const [, b, c] = made.locations;
    const names = made.requestHeaders.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['Host', 'X-Forwarded-For', 'Forwarded', 'Upgrade', 'Connection', 'X-A']),
    );
    expect(b?.requestHeaders).toHaveLength(names.length + 1);
    expect(b?.requestHeaders).toEqual(
      expect.arrayContaining([
        { name: 'x-a', value: 'b' },
        { name: 'X-B', value: '' },
      ]),
    );
    expect(c?.requestHeaders).toEqual([]);
  });

  it('hide from clients what the backend says where the site says it', () => {
    const made = site('tls: {hsts: {}}\n    headers: {response: {X-A: a, X-B: null}}');
    expect(made.responseHeaders).toEqual([
      { name: 'Strict-Transport-Security', value: 'max-age=63072000' },
      { name: 'X-A', value: 'a' },
      { name: 'Upgrade', value: '$keepgate_upgraded' },
    ]);
    expect(made.hiddenHeaders).toEqual(['Upgrade', 'Proxy-Connection', 'Strict-Transport-Security', 'X-A', 'X-B']);
  });
});

describe('Upgrade', () => {
  it.each([
    ['1.31.2', 1],
    ['1.31.3', 0],
  ])('is sent again by keepgate up to 1.31.2: %s', (version, times) => {
    const { sites, shared } = resolved('sites: {a: {hosts: [a.example.com], upstream: "http://127.0.0.1:1"}}', {
      ...targets.forky,
      version,
    }).model;
    expect(sites[0]?.responseHeaders).toHaveLength(times);
    expect(shared.hidesUpgrade).toBe(times === 1);
    expect(sites[0]?.hiddenHeaders).toEqual(times === 1 ? ['Upgrade', 'Proxy-Connection'] : ['Proxy-Connection']);
  });
});

describe('Authorization', () => {
  const cleared = { name: 'Authorization', value: '' };

  it('stays with nginx where nginx asked for it', () => {
    expect(site('basicAuth: {userFile: /etc/u}').requestHeaders).toContainEqual(cleared);
    expect(site('basicAuth: {userFile: /etc/u, forward: true}').requestHeaders).not.toContainEqual(cleared);
    expect(site('http2: true').requestHeaders).not.toContainEqual(cleared);
  });

  it('of one route too', () => {
    const [root, route] = site(
      'upstream: http://127.0.0.1:1\n    routes: {"= /a": {basicAuth: {userFile: /etc/u}}}',
    ).locations;
    expect(root?.requestHeaders).toEqual([]);
    expect(route?.requestHeaders).toContainEqual(cleared);
  });
});

describe('hosts', () => {
  it('are normal, and lead to the canonical one', () => {
    const made = site(
      'hosts: [WWW.example.com, bücher.example.]\n    canonicalHost: www.Example.com\n    listen: {https: 8443}',
    );
    expect(made).toMatchObject({
      hosts: ['www.example.com', 'xn--bcher-kva.example'],
      serverNames: ['www.example.com'],
      alias: { hosts: ['xn--bcher-kva.example'], target: 'https://www.example.com:8443$request_uri' },
      httpsRedirect: 'https://www.example.com:8443$request_uri',
    });
  });

  it('redirect to themselves without a canonical one', () => {
    expect(site('hosts: [a.example.com, b.example.com]')).toMatchObject({
      alias: null,
      httpsRedirect: 'https://$host$request_uri',
    });
  });
});

describe('sockets', () => {
  it('of every address', () => {
    const { listen } = site('listen: {addresses: ["*", "[::]", 192.0.2.1], http: 8080, https: 8443}\n    http3: true');
    expect(listen.http).toEqual(['8080', '[::]:8080', '192.0.2.1:8080']);
    expect(listen.https.map(({ address }) => address)).toEqual(['8443', '[::]:8443', '192.0.2.1:8443']);
    expect(listen.quic).toEqual(['8443', '[::]:8443', '192.0.2.1:8443']);
  });

  it.each([
    ['bookworm', { http2Directive: false, http3: false }, true],
    ['trixie', { http2Directive: true, http3: true }, false],
  ] as const)('speak HTTP/2 and HTTP/3 as %s has them', (suite, expected, word) => {
    const made = site('http3: true', targets[suite]);
    expect(made).toMatchObject(expected);
    expect(made.listen.https[0]?.http2).toBe(word);
    expect(made.responseHeaders.some(({ name }) => name === 'Alt-Svc')).toBe(expected.http3);
  });

  it('without HTTP/2', () => {
    expect(site('http2: false', targets.bookworm).listen.https[0]?.http2).toBe(false);
    expect(site('http2: false')).toMatchObject({ http2: false, http2Directive: false });
  });
});

describe('TLS', () => {
  it.each([
    ['bullseye', 'X25519:prime256v1:secp384r1', false],
    ['trixie', 'X25519MLKEM768:X25519:prime256v1:secp384r1', true],
  ] as const)('of %s', (suite, groups, tickets) => {
    expect(site('http2: true', targets[suite]).tls).toMatchObject({
      name: 'intermediate',
      protocols: ['TLSv1.2', 'TLSv1.3'],
      groups,
      sessions: { cache: 'shared:keepgate_10m:10m', tickets },
      certificate: '/var/lib/keepgate/live/api/fullchain.pem',
      managed: true,
      clientAuth: null,
    });
  });

  it('modern speaks 1.3 alone', () => {
    expect(site('tls: {profile: modern@6.0}').tls).toMatchObject({ protocols: ['TLSv1.3'], ciphers: null });
  });

  it.each([
    ['trixie', 'off', false],
    ['forky', 'shared:keepgate_10m:10m', true],
  ] as const)('with client certificates of %s carries no session to another site', (suite, cache, tickets) => {
    const { tls } = site('tls: {clientAuth: {ca: /etc/ca.pem}}', targets[suite]);
    expect(tls).toMatchObject({ sessions: { cache, tickets }, clientAuth: { ca: '/etc/ca.pem', verify: 'on' } });
  });

  it('of the refusing servers has no sessions on the sockets of a site that asks for client certificates', () => {
    const text = `sites:
  a: {hosts: [a.example.com], upstream: "http://127.0.0.1:1"}
  b: {hosts: [b.example.com], upstream: "http://127.0.0.1:1", tls: {clientAuth: {ca: /etc/ca.pem}}}
  c: {hosts: [c.example.com], upstream: "http://127.0.0.1:1", listen: {https: 8443}}`;
    const sessionsOf = (target: Target) =>
      resolved(text, target).model.shared.refuseHttps.flatMap(({ listen, sessions }) =>
        listen.map(({ address }) => [address, sessions.cache]),
      );
    const on = 'shared:keepgate_10m:10m';
    const asked = (cache: string) => [
      ['443', cache],
      ['8443', on],
      ['[::]:443', cache],
      ['[::]:8443', on],
    ];
    expect(sessionsOf(targets.trixie).sort()).toEqual(asked('off'));
    expect(sessionsOf(targets.forky).sort()).toEqual(asked(on));
  });

  it("with files of one's own", () => {
    const { tls } = site('tls: {certificate: {cert: /etc/c.pem, key: /etc/k.pem}}');
    expect(tls).toMatchObject({ certificate: '/etc/c.pem', key: '/etc/k.pem', managed: false });
  });
});

describe('upstreams', () => {
  it('are made once for each site, with its name', () => {
    const top =
      'upstreams: {data: {servers: [127.0.0.1:1, {address: "localhost:2", weight: 3, backup: true, maxFails: 0, failTimeout: 5s}], balance: least_conn}}\n';
    const made = site('routes: {/a: data, /b: data}', undefined, top);
    expect(made.upstreams).toEqual([
      {
        name: 'keepgate_api_data',
        balance: 'least_conn',
        zone: 'keepgate_api_data_256k',
        resolvers: [],
        servers: [
          { address: '127.0.0.1:1', parameters: [] },
          { address: '127.0.0.1:2', parameters: ['weight=3', 'max_fails=0', 'fail_timeout=5s', 'backup'] },
        ],
        keepalive: { connections: 32, timeout: '4s' },
      },
    ]);
  });

  it('look names up while they run, where nginx can', () => {
    const top = 'nginx: {resolver: [127.0.0.53]}\n';
    const [upstream] = site('upstream: http://api.internal', targets.forky, top).upstreams;
    expect(upstream).toMatchObject({ resolvers: ['127.0.0.53'], servers: [{ parameters: ['resolve'] }] });
    expect(upstream?.zone).not.toBeNull();
    const [old] = site('upstream: http://api.internal', targets.trixie, top).upstreams;
    expect(old).toMatchObject({ resolvers: [], zone: null, servers: [{ parameters: [] }] });
  });

  it('over TLS verify the name of the backend', () => {
    expect(site('upstream: https://api.internal').locations[0]?.proxy?.tls).toMatchObject({
      name: 'api.internal',
      verify: true,
    });
    const top = 'upstreams: {data: {servers: ["10.0.0.7:8443"], tls: {name: Api.Internal, ca: /etc/ca.pem}}}\n';
    expect(site('upstream: data', undefined, top).locations[0]?.proxy?.tls).toEqual({
      name: 'api.internal',
      verify: true,
      ca: '/etc/ca.pem',
    });
  });
});

it('gives the same for the same', () => {
  const text = 'sites: {a: {hosts: [a.example.com], preset: {name: domino-rest-api, web: "http://127.0.0.1:81"}}}';
  expect(JSON.stringify(resolved(text).model)).toBe(JSON.stringify(resolved(text).model));
});
