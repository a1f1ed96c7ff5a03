import { describe, expect, it } from 'vitest';
import type { Site } from '../../src/model/site.ts';
import { resolved } from './resolved.ts';

const data = 'http://127.0.0.1:8080';
const guarded = `{upstream: "${data}", allow: [10.0.0.0/8]}`;

/** A site with these routes, which are as YAML has them. */
function site(routes: string, options = ''): Site {
  const { model, diagnostics } = resolved(
    `sites:\n  api:\n    hosts: [api.example.com]\n    ${options}\n    routes: {${routes}}\n`,
  );
  expect(diagnostics).toEqual([]);
  const [only] = model.sites;
  if (!only) throw new Error('no site');
  return only;
}

const matchesOf = ({ locations }: Site) =>
  locations.map(({ modifier, path, asWritten }) => [modifier ?? '', path, asWritten ?? ''].join(' ').trim());

describe('paths are strict', () => {
  it.each([
    ['below an open route', `/: "${data}", /in: ${guarded}`],
    ['beside one', `/a: "${data}", /in: ${guarded}`],
    ['beside one under another name', `/: "http://localhost:8080", /in: ${guarded}`],
    ['above one', `/: ${guarded}, /open: "${data}"`],
    ['beside another guard', `/a: {upstream: "${data}", deny: [192.0.2.1]}, /in: ${guarded}`],
    ['where an error hides the backend', `/: "${data}", /in: {respond: {status: 404}}`],
    ['beside a regular expression that could take from it', `/in: ${guarded}, '~ \\.json$': "http://127.0.0.1:9090"`],
  ])('for a guard %s', (_, routes) => {
    expect(site(routes).strictPaths).toEqual({ refusesSemicolons: true });
  });

  it.each([
    ['alone', `/: ${guarded}`],
    ['everywhere', `/: ${guarded}, /in: ${guarded}`],
    ['whose backend is no other route’s', `/: "http://127.0.0.1:9090", /in: ${guarded}`],
    [
      'beside what nginx answers by itself',
      `/: ${guarded}, "= /healthz": {respond: {status: 204}}, /old: {redirect: {to: /}}`,
    ],
    ['that is an error for all that no route names', `/: {respond: {status: 404}}, /a: "${data}", '~ ^/b': "${data}"`],
    [
      'that is an error of a regular expression',
      `/: "${data}", '~ /\\.': {respond: {status: 404}}, '~ ^/(?!a)': {respond: {status: 404}}`,
    ],
    ['beside a regular expression for other paths', `/in: ${guarded}, '~ ^/out/': "http://127.0.0.1:9090"`],
  ])('not for a guard %s', (_, routes) => {
    const made = site(routes);
    expect(made.strictPaths).toBeNull();
    expect(made.locations.every(({ asWritten, modifier }) => asWritten === null && modifier !== '~*')).toBe(true);
  });

  it('where a site asks for it, which changes no route', () => {
    const made = site(`/: "${data}", /a: "${data}"`, 'paths: {strict: true}');
    expect(made.strictPaths).toEqual({ refusesSemicolons: true });
    expect(matchesOf(made)).toEqual(['/', '= /a', '/a/']);
  });
});

describe('a guard', () => {
  it('holds for every spelling, before the regular expressions of the spec, the longest path first', () => {
    const routes = [
      `'~ \\.json$': "${data}"`,
      `'~ ^/rx/admin/.*$': ${guarded}`,
      `/: "${data}"`,
      `/other: "${data}"`,
      `/in: ${guarded}`,
      `/in/open: "${data}"`,
      `"= /in/open/one": ${guarded}`,
      `/in/own: {respond: {body: x}}`,
    ];
    expect(matchesOf(site(routes.join(', ')))).toEqual([
      '/',
      '= /other',
      '/other/',
      '~* ^/in/open/one/?(?![a-z0-9_/-])',
      '~ ^/in/open(?:/|$) ^/in/open(?:/|\\?|$)',
      '~ ^/in/own(?:/|$)',
      '~* ^/in(?![a-z0-9_-])',
      '~* ^/rx/admin/.*(?![a-z0-9_-])',
      '~ \\.json$',
    ]);
  });

  it('of the root leaves open paths as they are, in their plain spelling', () => {
    expect(matchesOf(site(`/: ${guarded}, /open: "${data}", "= /a.b": "${data}"`))).toEqual([
      '/',
      '= /a.b ^/a\\.b(?:\\?|$)',
      '= /open ^/open(?:/|\\?|$)',
      '/open/ ^/open(?:/|\\?|$)',
    ]);
  });

  it('that asks something else than the one above it takes no other spelling, which would answer to one of them alone', () => {
    const routes = `/: ${guarded}, /in: {upstream: "${data}", deny: [192.0.2.1]}, /both: {upstream: "${data}", deny: [192.0.2.1], allow: [10.0.0.0/8]}`;
    expect(matchesOf(site(routes))).toEqual(['/', '~* ^/both(?![a-z0-9_-])', '~* ^/in(?![a-z0-9_-]) ^/in(?:/|\\?|$)']);
  });

  it('knows capitals of all letters, and encoded ones', () => {
    expect(matchesOf(site(`/: "${data}", /ä.b: ${guarded}, /ä.b/ö(1): "${data}"`))).toEqual([
      '/',
      '~ ^/ä\\.b/ö\\(1\\)(?:/|$) ^/(?:%[89A-Fa-f].|[^ -~]){2}\\.b/(?:%[89A-Fa-f].|[^ -~]){2}\\(1\\)(?:/|\\?|$)',
      '~* ^/(?:ä|Ä)\\.b(?![a-z0-9_-])',
    ]);
  });

  it('lets matrix parameters pass where they are allowed', () => {
    const made = site(`/: "${data}", /in: ${guarded}`, 'paths: {semicolons: allow}');
    expect(made.strictPaths).toEqual({ refusesSemicolons: false });
    expect(matchesOf(made)).toEqual(['/', '~* ^(?:;[^/]*)?(?:/;[^/]*)*/in(?![a-z0-9_-])']);
  });
});

it('an exact path that a guarded expression matches is left to it', () => {
  const made = site(`/api: "${data}", '~ ^/(api|web)': ${guarded}, /other: "${data}"`);
  expect(matchesOf(made)).toEqual(['/api/', '= /other', '/other/', '~* ^/(api|web)']);
});

it.each(['~ ^/x/[^@-\\[]+$', '~ ^/x/\\P{Lu}+$', '~ ^/x/[[:^upper:]]+$'])(
  'the guard of %s can not hold in every case',
  (key) => {
    const { diagnostics } = resolved(
      `sites:\n  api:\n    hosts: [api.example.com]\n    routes: {/: "${data}", '${key}': ${guarded}}\n`,
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(['guard-overlap']);
  },
);

it('a guarded letter stands for all that a backend takes for it in lower case', () => {
  const [, location] = site(`/: "${data}", /å: ${guarded}`).locations;
  expect(new RegExp(location?.path ?? '').test('/\u212b')).toBe(true);
});

it('the root alone is not guarded where semicolons are allowed', () => {
  const { diagnostics } = resolved(
    `sites:\n  api:\n    hosts: [api.example.com]\n    paths: {semicolons: allow}\n    routes: {/: "${data}", "= /": ${guarded}}\n`,
  );
  expect(diagnostics.map(({ code }) => code)).toEqual(['guard-overlap']);
});
