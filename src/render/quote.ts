/** The one way in which a value becomes a token of nginx's configuration (`ngx_conf_read_token`). */
import { forbiddenCharacter } from '../spec/characters.ts';

/** How many bytes nginx takes between quotes; without quotes it takes one more. */
const longest = 4094;

/** Characters that mean nothing to nginx's lexer, wherever in a token they stand. */
const bare = /^[A-Za-z0-9_./:*@=,+$?&~^()|!<>%[\]-]+$/;

/**
 * Quotes a value as one whole token; plain ones stay bare, for the reader's sake.
 * @throws TypeError for anything but a string or a number, and for text that no token can hold
 */
export function quote(value: unknown): string {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof text !== 'string')
    throw new TypeError(`a template shows a ${value === null ? 'null' : typeof value} as text`);
  if (text.length <= longest && bare.test(text)) return text;
  const forbidden = forbiddenCharacter(text);
  if (forbidden !== undefined) throw new TypeError(`a value with ${forbidden} can't be written for nginx`);
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  if (Buffer.byteLength(escaped) > longest)
    throw new TypeError(`a value of more than ${longest} bytes can't be written for nginx`);
  return `"${escaped}"`;
}
