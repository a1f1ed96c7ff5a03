import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, type TokenState } from '../../src/render/token-state.ts';
import { LexerError, parseNginx } from '../lexer/nginx-lexer.ts';

const after = (text: string): TokenState | undefined => {
  const states = advance(new Set(['gap']), text);
  expect(states?.size ?? 1).toBe(1);
  return states && [...states][0];
};

describe('the state after a text', () => {
  it.each<[string, TokenState | undefined]>([
    ['', 'gap'],
    ['listen', 'token'],
    ['listen ', 'gap'],
    ['listen\t', 'gap'],
    ['a;', 'gap'],
    ['a {', 'gap'],
    ['a{', 'gap'],
    ['a { b; }', 'gap'],
    ['# it\'s "a', 'comment'],
    ['# a\n', 'gap'],
    ['a # b', 'comment'],
    ['a#b', 'token'],
    ['"a', 'double'],
    ["'a", 'single'],
    ['"a\'', 'double'],
    ['\'a"', 'single'],
    ['"a\\"', 'double'],
    ['"a"', 'closed'],
    ['"a" ', 'gap'],
    ['"a";', 'gap'],
    ['"a"b', undefined],
    ['"a"}', undefined],
    ['"a"{', undefined],
    ['\\"', 'token'],
    ['\\ ', 'token'],
    ['a\\;', 'token'],
    ['a"b', 'token'],
    ['$', 'variable'],
    ['a$', 'variable'],
    ['$' + '{', 'variable'],
    ['$' + '{{x', 'token'],
    ['$' + '{x} ', 'gap'],
    ['\\$' + '{', 'gap'],
    ['"$' + '{', 'double'],
    ['a}', 'token'],
    ['a\u00a0', 'token'],
    ['a\v', 'token'],
    ['\u00a0', 'token'],
  ])('%j: %s', (text, state) => expect(after(text)).toBe(state));

  it('is that of every way that leads there', () => {
    const both: ReadonlySet<TokenState> = new Set(['gap', 'comment']);
    expect(advance(both, ' ')).toEqual(both);
    expect(advance(both, '\n')).toEqual(new Set(['gap']));
    expect(advance(new Set(['gap', 'closed']), 'x')).toBeUndefined();
  });
});

it('law: where a gap is seen, nginx sees one: a quoted value there is one token', () => {
  const piece = fc.string({ unit: fc.constantFrom(...'ab \n\t;{}#"\'\\$\u00a0') });
  let gaps = 0;
  const law = fc.property(piece, (text) => {
    if (after(text) !== 'gap') return;
    gaps++;
    const file = `${text}"a;b{c}#";${'}'.repeat(20)}`;
    const lexed = tokensOf(file);
    // What nginx refuses for another reason (a lone brace) can't be misread.
    if (lexed) expect(lexed.flat()).toContain('a;b{c}#');
  });
  fc.assert(law, { numRuns: 5000 });
  expect(gaps).toBeGreaterThan(1000);
});

/** As many closing braces as it takes. */
function tokensOf(file: string): string[][] | undefined {
  for (let text = file; ; text = text.slice(0, -1)) {
    try {
      const all: string[][] = [];
      const walk = (directives: ReturnType<typeof parseNginx>): void => {
        for (const { tokens, block } of directives) {
          all.push(tokens.map((token) => token.text));
          walk(block ? [...block] : []);
        }
      };
      walk(parseNginx(text));
      return all;
    } catch (error) {
      if (!(error instanceof LexerError) || !text.endsWith('}')) return undefined;
    }
  }
}
