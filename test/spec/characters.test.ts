import fc from 'fast-check';
import { expect, it } from 'vitest';
import { forbiddenCharacter } from '../../src/spec/characters.ts';

it.each([
  ['\0', 'NUL (U+0000)'],
  ['\n', 'a line feed (U+000A)'],
  ['\r', 'a carriage return (U+000D)'],
  ['\t', 'a control character (U+0009)'],
  ['\x7f', 'a control character (U+007F)'],
  ['\x85', 'a next-line character (U+0085)'],
  ['\u061c', 'a bidirectional control (U+061C)'],
  ['\u2028', 'a line separator (U+2028)'],
  ['\u2029', 'a paragraph separator (U+2029)'],
  ['\u202e', 'a bidirectional control (U+202E)'],
  ['\u2069', 'a bidirectional control (U+2069)'],
  ['\ufeff', 'a byte order mark (U+FEFF)'],
  ['\ud800', 'half of a surrogate pair (U+D800)'],
  ['\udc00', 'half of a surrogate pair (U+DC00)'],
  ['\udc00\ud800', 'half of a surrogate pair (U+DC00)'],
])('%j is %s', (text, name) => {
  expect(forbiddenCharacter(text)).toBe(name);
  expect(forbiddenCharacter(`before${text}after`)).toBe(name);
});

it('lets everything else pass', () => {
  expect(forbiddenCharacter('a "b" \\ ü 漢 😀 $ ; { }')).toBeUndefined();
});

it('lets pass what is allowed, and that alone', () => {
  expect(forbiddenCharacter('a\n\tb', '\n\t')).toBeUndefined();
  expect(forbiddenCharacter('a\n\r', '\n\t')).toBe('a carriage return (U+000D)');
});

it('finds nothing in a text of printable characters and whole surrogate pairs', () => {
  const printable = fc.string({
    unit: fc
      .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x10000, max: 0x1ffff }))
      .map((code) => String.fromCodePoint(code)),
  });
  fc.assert(fc.property(printable, (text) => forbiddenCharacter(text) === undefined));
});
