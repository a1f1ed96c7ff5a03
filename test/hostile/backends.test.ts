import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Directive, parseNginx } from '../lexer/nginx-lexer.ts';
import { rendered } from './expectations.ts';
import { filesOf, newest } from './variant.ts';

const hosts = [
  'x',
  'x_80',
  'x.example',
  'tls_x',
  'tls_x.example',
  'a',
  'a_80',
  'a_80_80',
  'ä.example',
  'ö.example',
  'xn--4ca.example',
];
const references = fc.constantFrom(
  ...hosts.flatMap((host) => [`http://${host}`, `https://${host}`, `http://${host}:80/`, `http://${host}:8080`]),
  ...[
    'http://[2001:db8::1]:80',
    'http://[2001:db8::1:80]',
    'http://2001_db8__1_80',
    'http://LOCALHOST',
    'http://127.0.0.1',
  ],
  ...['x', 'x.example', 'a', 'tls-x', '127.0.0.1'],
);
const upstreams = Object.fromEntries(
  ['x', 'x.example', 'a', 'tls-x', '127.0.0.1'].map((name, index) => [name, { servers: [`192.0.2.${index + 1}:1`] }]),
);

it('law: every route reaches the backend that it names, however alike their names are', () => {
  const law = fc.property(fc.uniqueArray(references, { minLength: 2, maxLength: 12 }), (chosen) => {
    const routes = Object.fromEntries(chosen.map((reference, index) => [`= /${index}`, reference]));
    const text = JSON.stringify({ version: 1, upstreams, sites: { s: { hosts: ['s.example'], routes } } });
    const file = filesOf(text, newest).find(({ site }) => site === 's');
    const directives = parseNginx(file?.text ?? '');
    const servers = new Map<string, string>();
    for (const { tokens, block } of directives)
      if (tokens[0]?.text === 'upstream') {
        expect(servers.has(tokens[1]?.text ?? '')).toBe(false);
        servers.set(tokens[1]?.text ?? '', find(block ?? [], 'server')?.tokens[1]?.text ?? '');
      }
    for (const [index, reference] of chosen.entries()) {
      const location = flat(directives).find(
        ({ tokens }) => tokens[0]?.text === 'location' && tokens[2]?.text === `/${index}`,
      );
      const [scheme, name = ''] = find(location?.block ?? [], 'proxy_pass')?.tokens[1]?.text.split('://') ?? [];
      const expected = reference.includes('/')
        ? rendered({ format: 'upstream' }, reference)[0]
        : `192.0.2.${Object.keys(upstreams).indexOf(reference) + 1}:1`;
      expect([scheme, servers.get(name)], reference).toEqual([
        reference.startsWith('https:') ? 'https' : 'http',
        expected,
      ]);
    }
  });
  fc.assert(law, { numRuns: 200 });
});

function flat(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((directive) => [directive, ...flat(directive.block ?? [])]);
}

function find(directives: readonly Directive[], name: string): Directive | undefined {
  return directives.find(({ tokens }) => tokens[0]?.text === name);
}
