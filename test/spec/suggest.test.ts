import fc from 'fast-check';
import { expect, it } from 'vitest';
import { suggest, suggester } from '../../src/spec/suggest.ts';

const options = ['hosts', 'upstream', 'upstreams', 'routes', 'tls', 'trustedProxies'];

it.each([
  ['hots', 'hosts'],
  ['HOSTS', 'hosts'],
  ['upstrem', 'upstream'],
  ['upstreans', 'upstreams'],
  ['trustedproxy', 'trustedProxies'],
  ['tsl', undefined],
  ['x', undefined],
  ['certificate', undefined],
  ['', undefined],
])('%j: %s', (word, expected) => expect(suggest(word, options)).toBe(expected));

it('finds a word in which one character is wrong, missing or too many', () => {
  const change = fc.tuple(fc.constantFrom(...options.filter((word) => word.length > 5)), fc.nat(5), fc.nat(2));
  fc.assert(
    fc.property(change, ([word, at, kind]) => {
      const rest = word.slice(kind === 2 ? at : at + 1);
      const near = suggest(`${word.slice(0, at)}${kind === 1 ? '' : '#'}${rest}`, options) ?? '';
      expect(['upstream', 'upstreams'].includes(word) ? near.replace(/s$/, '') : near).toBe(
        ['upstream', 'upstreams'].includes(word) ? 'upstream' : word,
      );
    }),
  );
});

it('suggests for many words only until it is clear that they are no slips', () => {
  const near = suggester(['backend'], 2);
  expect(['bakend', 'bakcend', 'backnd', 'bakend'].map(near)).toEqual(['backend', 'backend', undefined, 'backend']);
});
