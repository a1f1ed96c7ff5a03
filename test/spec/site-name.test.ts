import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/spec/formats.ts';
import { freeSiteName, siteNameOf } from '../../src/spec/site-name.ts';

describe('a site that nobody named is called as its host', () => {
  it.each([
    ['api.example.com', 'api.example.com'],
    ['API.Example.COM.', 'api.example.com'],
    ['*.example.com', 'wildcard.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['192.0.2.10', '192.0.2.10'],
    ['[2001:DB8::1]', '2001-db8-0-0-0-0-0-1'],
    ['2001:db8:0:1::', '2001-db8-0-1-0-0-0-0'],
    ['no host', 'site'],
    ['', 'site'],
  ])('%j as %s', (host, name) => {
    expect(siteNameOf(host)).toBe(name);
  });

  it('of a long one a part, and a mark that tells it from others', () => {
    const long = (last: string) => `${'a'.repeat(60)}.${'b'.repeat(60)}.${last}.example.com`;
    const names = ['one', 'two'].map((last) => siteNameOf(long(last)));
    expect(names[0]).toMatch(/^a{55}-[0-9a-f]{8}$/);
    expect(new Set(names).size).toBe(2);
  });

  it('with a number where another has the name', () => {
    expect(freeSiteName('a.example.com', [])).toBe('a.example.com');
    expect(freeSiteName('a.example.com', ['a.example.com', 'a.example.com-2'])).toBe('a.example.com-3');
  });

  it('always with a name that a spec may have, and another one for each host', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/).filter((text) => !text.startsWith('xn--'));
    const six = fc
      .array(fc.stringMatching(/^[1-9a-f]{1,4}$/), { minLength: 8, maxLength: 8 })
      .map((all) => all.join(':'));
    const named = fc
      .array(label, { minLength: 1, maxLength: 3 })
      .map((labels) => [...labels, 'example', 'com'].join('.'));
    const host = fc.oneof(
      named,
      named.map((name) => `*.${name}`),
      fc.ipV4(),
      six.map((text) => `[${text}]`),
    );
    fc.assert(
      fc.property(host, host, (one, other) => {
        const [first, second] = [siteNameOf(one), siteNameOf(other)];
        expect(formatProblem('name', first), first).toBeUndefined();
        expect(first === second).toBe(one === other);
      }),
    );
  });
});
