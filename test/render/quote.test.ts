import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../src/render/quote.ts';
import { forbiddenCharacter } from '../../src/spec/characters.ts';
import { parseNginx } from '../lexer/nginx-lexer.ts';

const awkward = fc.string({ unit: fc.constantFrom(...' \\"\'$;{}#a.~^%é\u{1f600}()=') });
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), awkward);

describe('the law of quoting', () => {
  it('gives exactly one token, equal to the value, whatever stands around it', () => {
    let kept = 0;
    const law = fc.property(text, fc.constantFrom(' ', '\n', '\t\t'), (value, space) => {
      fc.pre(forbiddenCharacter(value) === undefined);
      kept++;
      const tokens = (file: string) => parseNginx(file).map((directive) => directive.tokens.map((token) => token.text));
      expect(tokens(`a${space}${quote(value)};b;`)).toEqual([['a', value], ['b']]);
      expect(tokens(`a${space}${quote(value)}${space}${quote(value)};`)).toEqual([['a', value, value]]);
      expect(tokens(`${quote(value)} {x;}`)).toEqual([[value]]);
    });
    fc.assert(law, { numRuns: 5000 });
    expect(kept).toBeGreaterThan(2000);
  });

  it('refuses what no line may hold', () => {
    for (const bad of [
      '\n',
      '\r',
      '\0',
      '\x1b',
      '\x7f',
      '\x85',
      '\u2028',
      '\u2029',
      '\u202e',
      '\u2066',
      '\ufeff',
      '\ud800',
    ])
      for (const value of [bad, `a${bad}`, `${bad}a`, `"${bad}`])
        expect(() => quote(value), JSON.stringify(value)).toThrow(/can't be written for nginx/);
  });
});

describe('what quoting looks like', () => {
  it.each([
    ['api.example.com', 'api.example.com'],
    ['$host', '$host'],
    ['~*', '~*'],
    [308, '308'],
    ['', '""'],
    ['a b', '"a b"'],
    ["it's", '"it\'s"'],
    ['say "x"', '"say \\"x\\""'],
    ['\\d', '"\\\\d"'],
    ['a;b', '"a;b"'],
    ['a{b', '"a{b"'],
    ['a}b', '"a}b"'],
    ['#a', '"#a"'],
    ['é', '"é"'],
  ])('%j is written %s', (value, written) => expect(quote(value)).toBe(written));

  it.each([[null], [undefined], [true], [{}], [['a']], [Number.NaN], [Number.POSITIVE_INFINITY], [1n]])(
    '%s is not shown',
    (value) => expect(() => quote(value)).toThrow(TypeError),
  );
});

describe('the length of a token', () => {
  it.each([
    ['plain', 'a'.repeat(4094), 'a'.repeat(4095)],
    ['in quotes', ' '.repeat(4094), ' '.repeat(4095)],
    ['escaped', '\\'.repeat(2047), '\\'.repeat(2048)],
    ['in UTF-8', 'é'.repeat(2047), 'é'.repeat(2048)],
  ])('%s: as long as nginx takes it', (_, longest, longer) => {
    expect(parseNginx(`x ${quote(longest)};`)[0]?.tokens[1]?.text).toBe(longest);
    expect(() => quote(longer)).toThrow('more than 4094 bytes');
  });
});
