import { describe, expect, it } from 'vitest';
import { loadSpec } from '../../src/spec/load.ts';

const load = (files: Readonly<Record<string, string>>) =>
  loadSpec(Object.entries(files).map(([file, text]) => ({ file, bytes: Buffer.from(text) })));

const site = (name: string, host = `${name}.example.com`) =>
  `version: 1\nsites:\n  ${name}: {hosts: [${host}], upstream: "http://127.0.0.1:8080"}\n`;

describe('several files', () => {
  it('make one configuration, in the order of the files', () => {
    const { spec, diagnostics, places } = load({
      'b.yaml': site('b'),
      'a.yaml': `${site('a')}upstreams: {data: {servers: ["127.0.0.1:1"]}}\n`,
      'common.json': '{"version": 1, "defaults": {"http2": false}, "upstreams": {"web": {"servers": ["127.0.0.1:2"]}}}',
    });
    expect(diagnostics).toEqual([]);
    expect(Object.keys(spec?.sites ?? {})).toEqual(['b', 'a']);
    expect(Object.keys(spec?.upstreams ?? {})).toEqual(['data', 'web']);
    expect(spec?.defaults).toEqual({ http2: false });
    expect(places.file(['sites', 'a'])).toBe('a.yaml');
    expect(places.locate(['sites', 'a', 'hosts', 0])).toMatchObject({ file: 'a.yaml', line: 3, column: 15 });
    expect(places.locate(['upstreams', 'web', 'servers', 0])).toMatchObject({ file: 'common.json' });
    expect(places.locate(['defaults', 'http2'])).toMatchObject({ file: 'common.json' });
    expect(places.locate(['sites', 'c'])).toBeUndefined();
    expect(places.file(['sites', 'c'])).toBe('');
  });

  it.each([
    ['site', site('a'), site('a', 'b.example.com'), 'the site "a" is defined twice; give one of them another name'],
    [
      'upstream',
      `${site('a')}upstreams: {u: {servers: ["127.0.0.1:1"]}}`,
      'version: 1\nupstreams: {u: {servers: ["127.0.0.1:2"]}}',
      'the upstream "u" is defined twice; give one of them another name',
    ],
    [
      'defaults',
      `${site('a')}defaults: {http2: true}`,
      'version: 1\ndefaults: {http3: true}',
      '"defaults" is defined twice; it may stand in one file only',
    ],
    [
      'nginx',
      `${site('a')}nginx: {layout: debian}`,
      'version: 1\nnginx: {target: auto}',
      '"nginx" is defined twice; it may stand in one file only',
    ],
    [
      'acme',
      `${site('a')}acme: {agreeToTerms: true}`,
      'version: 1\nacme: {email: a@example.com}',
      '"acme" is defined twice; it may stand in one file only',
    ],
  ])('can not both define a %s', (_, first, second, message) => {
    const { spec, diagnostics } = load({ 'first.yaml': first, 'second.yaml': second });
    expect(spec).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { code: 'defined-twice', message, at: { file: 'second.yaml' }, related: [{ at: { file: 'first.yaml' } }] },
    ]);
  });

  it('are reported on together', () => {
    const { diagnostics } = load({ 'a.yaml': 'version: 2', 'b.yaml': 'version: [', 'c.yaml': site('c', '_') });
    expect(diagnostics.map(({ code, at }) => `${at?.file} ${code}`)).toEqual([
      'a.yaml unknown-value',
      'b.yaml yaml-syntax',
      'c.yaml invalid-host',
    ]);
  });

  it('may each lack sites, but not all', () => {
    expect(load({ 'a.yaml': 'version: 1', 'b.yaml': site('b') }).diagnostics).toEqual([]);
    expect(load({ 'a.yaml': 'version: 1' }).diagnostics).toMatchObject([{ code: 'no-sites', at: { file: 'a.yaml' } }]);
  });
});

it('takes names that objects have already', () => {
  const { spec, diagnostics } = load({ 'a.yaml': site('constructor') });
  expect(diagnostics).toEqual([]);
  expect(Object.keys(spec?.sites ?? {})).toEqual(['constructor']);
});
