/** The directives that take the words of a client about itself out of its request. */
import { allCleared, clearedHeaders } from '../spec/identity-headers.ts';
import { type Header, RawText } from './site.ts';

/**
 * Clears all headers of the table but those that are set, or passed on as the client wrote them. It is text and no list,
 * because the same hundred lines stand in almost every site; nothing of a spec is in it.
 */
export function clearedText(set: readonly Header[], passed: readonly string[], depth: 1 | 2): RawText {
  const names = clearedHeaders([...set.map(({ name }) => name), ...passed]);
  return names === allCleared ? everything[depth] : textOf(names, depth);
}

const widest = 120;

/** As many directives on a line as fit. */
function textOf(names: readonly string[], depth: 1 | 2): RawText {
  const indent = '    '.repeat(depth);
  const lines: string[] = [];
  for (const name of names) {
    const directive = `proxy_set_header ${name} "";`;
    const longer = `${lines.at(-1)} ${directive}`;
    if (lines.length > 0 && longer.length <= widest) lines[lines.length - 1] = longer;
    else lines.push(indent + directive);
  }
  return new RawText(lines.join('\n'));
}

const everything = { 1: textOf(allCleared, 1), 2: textOf(allCleared, 2) };
