import { describe, expect, it } from 'vitest';
import { builtIn, type Expanded, expand, layerOf, placeOf } from '../../src/model/expand.ts';
import type { Path } from '../../src/spec/document.ts';
import { load } from './load.ts';

function expanded(text: string): Expanded & { place: (path: Path, index?: number) => unknown } {
  const { spec, places } = load(text);
  const result = expand(spec, places);
  const place = (path: Path, index = 0) => {
    const site = result.sites[index];
    const at = site && placeOf(places, site, path);
    return at && `${at.line}:${at.column}`;
  };
  return { ...result, place };
}

const layered = `acme: {email: ops@example.com, store: /srv/certificates}
defaults:
  tls: {profile: modern, hsts: {maxAge: 60}}
  timeouts: {read: 5m}
  headers: {response: {X-A: a, X-B: b}}
  allow: [10.0.0.0/8]
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8080
    tls: {hsts: {preload: true}}
    headers: {response: {X-B: c}}
    acme: {profile: tlsserver}
    allow: [192.0.2.1]
`;

describe('layers', () => {
  const { sites, place } = expanded(layered);
  const [site] = sites;

  it('are merged group by group, lists and values replaced', () => {
    expect(site?.options).toMatchObject({
      tls: { certificate: 'acme', profile: 'modern', hsts: { maxAge: 60, preload: true } },
      timeouts: { connect: '5s', send: '60s', read: '5m' },
      headers: { response: { 'X-A': 'a', 'X-B': 'c' } },
      allow: ['192.0.2.1'],
      acme: { email: 'ops@example.com', store: '/srv/certificates', profile: 'tlsserver', keyType: 'ec-p256' },
      listen: builtIn.listen,
      http2: true,
      http3: false,
    });
  });

  it.each([
    [['tls', 'hsts', 'preload'], 'site', '12:27'],
    [['tls', 'hsts', 'maxAge'], 'defaults', '4:41'],
    [['tls', 'profile'], 'defaults', '4:18'],
    [['tls', 'certificate'], 'built-in', '12:5'],
    [['acme', 'email'], 'acme', '2:15'],
    [['acme', 'profile'], 'site', '14:21'],
    [['acme', 'keyType'], 'built-in', '14:5'],
    [['timeouts', 'read'], 'defaults', '5:20'],
    [['timeouts', 'send'], 'built-in', '9:3'],
    [['headers', 'response', 'X-A'], 'defaults', '6:29'],
    [['headers', 'response', 'X-B'], 'site', '13:31'],
    [['http2'], 'built-in', '9:3'],
    [['basicAuth'], undefined, '9:3'],
  ])('of %j: %s', (path, layer, where) => {
    expect(site && layerOf(site, path)).toBe(layer);
    expect(place(path)).toBe(where);
  });

  it('leave the spec and what is built in as they were', () => {
    const { spec, places } = load(layered);
    const before = JSON.stringify([spec, builtIn]);
    expand(spec, places);
    expect(JSON.stringify([spec, builtIn])).toBe(before);
  });
});

describe('a preset', () => {
  const domino = `sites:
  api:
    hosts: [api.example.com]
    preset: {name: domino-rest-api, web: "http://127.0.0.1:81", metrics: {allow: [10.0.0.5]}}
    bodyLimit: 1m
    routes:
      /api: http://127.0.0.1:9999
      /ews: http://127.0.0.1:3000
`;

  it('is weaker than the site, route by route', () => {
    const { sites, place } = expanded(domino);
    const [site] = sites;
    expect(site?.options.bodyLimit).toBe('1m');
    expect(site?.options.timeouts).toEqual({ connect: '5s', send: '150s', read: '150s' });
    expect(site?.options.routes).toMatchObject({
      '/': 'http://127.0.0.1:81',
      '/api': 'http://127.0.0.1:9999',
      '/ews': 'http://127.0.0.1:3000',
      '/keep': 'http://127.0.0.1:8880',
      '/metrics': { upstream: 'http://127.0.0.1:8890', allow: ['10.0.0.5'] },
    });
    expect(site && layerOf(site, ['routes', '/keep'])).toBe('preset');
    expect(place(['routes', '/keep'])).toBe('5:5');
    expect(place(['routes', '/api'])).toBe('8:13');
    expect(place(['timeouts', 'read'])).toBe('5:5');
  });

  it("has its route of a path replaced whole by the site's own", () => {
    const own = domino.replace('/api: http://127.0.0.1:9999', '/metrics: {upstream: "http://127.0.0.1:9999"}');
    expect(expanded(own).sites[0]?.options.routes?.['/metrics']).toEqual({ upstream: 'http://127.0.0.1:9999' });
  });

  it('says what must not be reached', () => {
    const [site] = expanded(domino).sites;
    expect(site).toMatchObject({
      presetName: 'domino-rest-api',
      management: '127.0.0.1:8889',
      restricted: ['127.0.0.1:8886', '127.0.0.1:8890'],
    });
    const text = 'sites: {a: {hosts: [a.example.com], upstream: "http://127.0.0.1:1"}}';
    expect(expanded(text).sites[0]).toMatchObject({ presetName: undefined, management: '', restricted: [] });
  });

  it('on another machine, on other ports, with an IPv6 address', () => {
    const { sites } = expanded(
      'sites: {a: {hosts: [a.example.com], preset: {name: domino-rest-api, backend: "::1", ports: {data: 1, management: 2, health: 1}}}}',
    );
    expect(sites[0]).toMatchObject({ management: '[::1]:2', restricted: ['[::1]:8890'] });
    expect(sites[0]?.options.routes).toEqual({ '/': 'http://[::1]:1' });
  });

  it('for any API puts health and metrics behind their allow-lists', () => {
    const { sites } = expanded(`sites:
  a:
    hosts: [a.example.com]
    preset: {name: rest-api, ports: {data: 1, metrics: 2}, health: {allow: [10.0.0.5], path: /up}, metrics: {allow: [10.0.0.6]}}
    headers: {response: {X-A: a}}
`);
    expect(sites[0]?.options.routes).toEqual({
      '/': 'http://127.0.0.1:1',
      '/up': { upstream: 'http://127.0.0.1:1', allow: ['10.0.0.5'] },
      '/metrics': { upstream: 'http://127.0.0.1:2', allow: ['10.0.0.6'] },
    });
    expect(sites[0]?.options.headers).toEqual({ response: { 'X-Content-Type-Options': 'nosniff', 'X-A': 'a' } });
    expect(sites[0]).toMatchObject({ management: '', restricted: ['127.0.0.1:2'] });
  });
});

describe('subdomains', () => {
  const { sites, diagnostics, place } = expanded(`sites:
  domino:
    hosts: [Keep.example.com, www.example.com, example.com]
    canonicalHost: www.example.com
    http3: true
    preset: {name: domino-rest-api, layout: subdomains, apiHost: keep.example.com, webHost: www.example.com, web: "http://127.0.0.1:81"}
`);

  it('become two sites, each with its hosts', () => {
    expect(diagnostics).toEqual([]);
    expect(sites.map(({ name, specName }) => [name, specName])).toEqual([
      ['domino-api', 'domino'],
      ['domino-web', 'domino'],
    ]);
    const [api, web] = sites.map(({ options }) => options);
    expect(api).toMatchObject({ hosts: ['keep.example.com'], routes: { '/': 'http://127.0.0.1:8880' }, http3: true });
    expect(api?.canonicalHost).toBeUndefined();
    expect(web).toMatchObject({
      hosts: ['www.example.com', 'example.com'],
      canonicalHost: 'www.example.com',
      http3: true,
    });
    expect(web?.routes).toEqual({ '/': 'http://127.0.0.1:81' });
  });

  it('share the places of their options', () => {
    expect(place(['http3'], 0)).toBe('6:12');
    expect(place(['http3'], 1)).toBe('6:12');
    expect(place(['routes', '/'], 1)).toBe('7:5');
  });
});
