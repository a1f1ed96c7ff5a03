/** How wide text is on a terminal. */
import { visible } from '../../visible.ts';

/** One character of a line as it is shown. */
export interface Cell {
  /** Where it stands in the line, in UTF-16 code units from 0. */
  readonly index: number;
  readonly text: string;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Scripts, emoji and full-width forms that take two columns (Unicode Annex 11). */
const wide =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const halfWidth = /[\uff61-\uffdc]/;
const combining = /[\p{Mn}\p{Me}]/u;
const tab = '    ';

/** The characters of a line: tabs as four spaces, what is not printed as an escape. */
export function cells(line: string): Cell[] {
  let next = 0;
  return Array.from(line, (character) => {
    const index = next;
    next += character.length;
    const text = character === '\t' ? tab : visible(character);
    return { index, text, width: text === character ? widthOf(character) : text.length };
  });
}

function widthOf(character: string): number {
  if (combining.test(character)) return 0;
  return wide.test(character) && !halfWidth.test(character) ? 2 : 1;
}
