import { describe, expect, it } from 'vitest';
import { routeAt } from '../../src/lint/route-at.ts';
import { matchesAllBelow, routeRegex } from '../../src/lint/route-regex.ts';
import { literalStart } from '../../src/model/path-spelling.ts';
import type { Location } from '../../src/model/site.ts';

describe('a regular expression is run', () => {
  it.each([
    ['~', '^/api(/|$)', '/api/x', true],
    ['~', '^/API', '/api', false],
    ['~*', '^/API', '/api', true],
    ['~', '\\.php$', '/a.php', true],
    ['~', '(?:png|jpg)$', '/a.jpg', true],
  ] as const)('%s %s on %s: %s', (sign, text, path, expected) =>
    expect(routeRegex(sign, text)?.test(path)).toBe(expected),
  );

  it.each([
    '(a+)+$',
    '(a|a)*$',
    '(a|aa){30}$',
    'a*a*a*a*a*b',
    '(x?)(x?)(x?)y',
    `${'(a|a)'.repeat(20)}b`,
    '(?i)^/api',
    '\\A/api',
    '^/api\\z',
    '[[:alpha:]]+',
    '\\Q.\\E',
    '^/a++b',
    '(*UTF8)a',
    '[',
    '(',
  ])('not %s, which may take long or mean something else to nginx', (text) => {
    expect(routeRegex('~', text)).toBeUndefined();
  });

  it.each([
    ['.*', '/api/', true],
    ['^/', '/api/', true],
    ['/', '/', true],
    ['^/(api|keep)/', '/api/', true],
    ['^/api/?', '/api/', true],
    ['^/api/[a-z]+$', '/api/', false],
    ['^/api/.+', '/api/', false],
    ['\\.json$', '/', false],
    ['^/apis', '/api/', false],
    ['^/', `/${'a'.repeat(300)}/`, false],
  ])('%s matches all below %.9s: %s', (text, folder, expected) => {
    const regex = routeRegex('~', text);
    expect(regex && matchesAllBelow(regex, folder)).toBe(expected);
  });

  it.each([
    ['^/api/v1', '/api/v1'],
    ['^/apis?', '/api'],
    ['^/api+', '/api'],
    ['^/a\\.b', '/a.b'],
    ['^/a\\d', '/a'],
    ['^/a{2}', '/'],
    ['^/a|^/b', ''],
    ['/api', ''],
    ['^(/a)', ''],
  ])('%s begins with %j', (text, start) => expect(literalStart(text)).toBe(start));
});

describe('a path is answered', () => {
  const location = (modifier: string | null, path: string) =>
    ({ modifier, path, route: `${modifier ?? ''}${path}` }) as Location;
  const locations = [
    location('=', '/api'),
    location(null, '/'),
    location(null, '/api/'),
    location(null, '/api/deep/'),
    location('~', '\\.php$'),
    location('~*', '^/API/x'),
  ];

  it.each([
    ['/api', '=/api'],
    ['/api/', '/api/'],
    ['/apifoo', '/'],
    ['/api/deep/er', '/api/deep/'],
    ['/api/deep/a.php', '~\\.php$'],
    ['/api/x', '~*^/API/x'],
    ['/', '/'],
  ])('%s by %s', (path, route) => expect(routeAt(locations, path)?.route).toBe(route));

  it('by nobody that could be told when a regular expression can not be run', () => {
    expect(routeAt([...locations, location('~', '(a+)+$')], '/other')).toBeUndefined();
    expect(routeAt([...locations, location('~', '(a+)+$')], '/api')?.route).toBe('=/api');
  });
});
