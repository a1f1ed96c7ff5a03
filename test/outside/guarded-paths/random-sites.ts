/** Random sites with guards, and random spellings of their paths. */
import fc from 'fast-check';
import { parseRoute, routesOf } from '../../../src/model/routes.ts';
import type { RouteOptions, SiteSpec } from '../../../src/spec/types.gen.ts';

type Guard = Pick<SiteSpec, 'allow' | 'deny'>;

/** The client is 127.0.0.1: the first three let it pass. */
const guard = fc.constantFrom<Guard>(
  {},
  { allow: ['127.0.0.0/8'] },
  { deny: ['192.0.2.1'] },
  { allow: ['10.0.0.0/8'] },
  { deny: ['127.0.0.1'] },
  { allow: ['127.0.0.0/8'], deny: ['127.0.0.1'] },
);

const segment = fc.constantFrom('a', 'b', 'in', 'in-x', 'a.b', 'Z', 'ä', 'k:v', '(1)');
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `/${segments.join('/')}`);
const key = fc.oneof(
  { weight: 6, arbitrary: path },
  { weight: 2, arbitrary: path.map((exact) => `= ${exact}`) },
  { weight: 1, arbitrary: fc.constantFrom('~ \\.json$', '~ ^/a/', '~ ^/in(/|$)', '~ /b/[^/]+$', '~* ^/z') },
);

/** Options of a site without its hosts, all to one backend. */
export const randomSite = fc
  .record({
    root: fc.option(guard),
    own: guard,
    routes: fc.dictionary(key, guard, { minKeys: 1, maxKeys: 6, noNullPrototype: true }),
    semicolons: fc.constantFrom<'refuse' | 'allow'>('refuse', 'allow'),
  })
  .map(({ root, own, routes, semicolons }): Omit<SiteSpec, 'hosts'> => {
    const asked = Object.entries({ ...(root && { '/': root }), ...routes });
    const upstream = 'http://127.0.0.1:8080';
    return {
      ...own,
      paths: { semicolons },
      routes: Object.fromEntries(asked.map(([route, options]) => [route, { ...options, upstream }])),
    };
  });

/** Whether 127.0.0.1 may have a path, as a router of whole segments in any case reads the routes. What no route names, none guards. */
export function mayHave(site: Omit<SiteSpec, 'hosts'>, wanted: string): boolean {
  const asked = wanted.toLowerCase();
  const matching = Object.entries(routesOf(site)).flatMap(([route, options]) => {
    const { sign, path: text } = parseRoute(route);
    const own = text.toLowerCase();
    if (sign === '=') return asked === own ? [{ weight: own.length + 0.5, options }] : [];
    const below = sign === '' && `${asked}/`.startsWith(own === '/' ? own : `${own}/`);
    return below ? [{ weight: own.length, options }] : [];
  });
  const [best] = matching.sort((a, b) => b.weight - a.weight);
  return best === undefined || admits(site, best.options);
}

function admits(site: Guard, options: RouteOptions): boolean {
  const route = typeof options === 'string' ? {} : options;
  const denied = [...(site.deny ?? []), ...(route.deny ?? [])];
  const allowed = route.allow ?? site.allow ?? ['127.0.0.0/8'];
  return !denied.includes('127.0.0.1') && allowed.includes('127.0.0.0/8');
}

type Change = (path: string, at: number) => string;

const inserted = [
  '/',
  '%2f',
  '%2F',
  ';x',
  '/;x',
  ';x=/',
  '/.',
  '/./',
  '/x/..',
  '/..',
  '/x/..;',
  '/x%2f..',
  '/%2e%2e',
  '/x/%2E.',
  '\\',
  '%5c',
];
const appended = [
  '/',
  '//',
  '/.',
  '/..',
  '/../x',
  '/..%2fx',
  '%2f..%2fx',
  '/..;/x',
  '/%2e%2e/x',
  ';x',
  ';',
  '%3b',
  '%3bx',
  '.json',
  '.',
  '%20',
  '%09',
  '%00',
  '%0a',
  '%7f',
  '%c2%a0',
  '%e2%80%8b',
  '\t',
  ' ',
  ':x',
  '?x',
  '%3fx',
  '#',
  '#/../x',
  '%23x',
  '\\',
  '%5cx',
  '/x',
  '-x',
  '~',
  '%',
  '/x.json',
  '//x',
];
const prepended = [
  '/x/..',
  '/a/..',
  '/in/..',
  '/a/..;',
  '/;x',
  '/',
  '//x',
  '/.',
  '/x#/..',
  '/a%2f..',
  '/%2e',
  '/x\\..',
  '/x%5c..',
];

const changes: readonly Change[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text, at) => text.slice(0, at) + text.slice(at).toUpperCase(),
  (text, at) => text.slice(0, at) + encoded(text[at] ?? '') + text.slice(at + 1),
  (text, at) => text.slice(0, at) + encoded(text[at] ?? '').replace('%', '%25') + text.slice(at + 1),
  ...inserted.map(
    (piece): Change =>
      (text, at) => {
        const slash = Math.max(0, text.indexOf('/', at));
        return text.slice(0, slash) + piece + text.slice(slash);
      },
  ),
  ...appended.map(
    (piece): Change =>
      (text) =>
        text + piece,
  ),
  ...prepended.map(
    (piece): Change =>
      (text) =>
        piece + text,
  ),
];

function encoded(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** From a site's route, by its number, to a request target that means it, or nearly. */
export const randomSpelling = fc
  .record({
    number: fc.nat(),
    below: fc.constantFrom('', '/x', '/a', '/b.json'),
    steps: fc.array(fc.tuple(fc.constantFrom(...changes), fc.nat(12)), { minLength: 1, maxLength: 2 }),
  })
  .map(({ number, below, steps }) => (site: Omit<SiteSpec, 'hosts'>): string => {
    const starts = Object.keys(routesOf(site))
      .map(parseRoute)
      .filter(({ sign }) => !sign.startsWith('~'));
    const start = starts[number % starts.length]?.path.replace(/^\/$/, '') ?? '';
    const text = steps.reduce((made, [change, at]) => change(made, at % (made.length + 1)), encodeURI(start + below));
    return text.startsWith('/') ? text : `/${text}`;
  });
