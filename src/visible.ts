/** Makes text of others safe for a terminal. */

/** Control, formatting (bidirectional ones too) and separator characters, and lone surrogates. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** The text on one line, each character that is not printed as itself written as `\u{1b}`. */
export function visible(text: string): string {
  return Array.from(text, (character) => (hidden.test(character) ? escaped(character) : character)).join('');
}

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;
