/** Characters that no string of a spec may hold, whatever it is for: each can end a line or hide what a reader sees. */

const names: readonly (readonly [first: number, last: number, name: string])[] = [
  [0x00, 0x00, 'NUL'],
  [0x0a, 0x0a, 'a line feed'],
  [0x0d, 0x0d, 'a carriage return'],
  [0x01, 0x1f, 'a control character'],
  [0x7f, 0x84, 'a control character'],
  [0x85, 0x85, 'a next-line character'],
  [0x86, 0x9f, 'a control character'],
  [0x061c, 0x061c, 'a bidirectional control'],
  [0x200e, 0x200f, 'a bidirectional control'],
  [0x2028, 0x2028, 'a line separator'],
  [0x2029, 0x2029, 'a paragraph separator'],
  [0x202a, 0x202e, 'a bidirectional control'],
  [0x2066, 0x2069, 'a bidirectional control'],
  [0xd800, 0xdfff, 'half of a surrogate pair'],
  [0xfeff, 0xfeff, 'a byte order mark'],
];

const suspicious =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Names the first forbidden character of a string, such as `a line feed (U+000A)`; undefined when there is none.
 * `allowed` holds characters to let pass, such as the line feeds of a raw block.
 */
export function forbiddenCharacter(value: string, allowed = ''): string | undefined {
  for (const [character] of value.matchAll(suspicious)) {
    if (allowed.includes(character)) continue;
    const code = character.charCodeAt(0);
    const name = names.find(([first, last]) => code >= first && code <= last)?.[2] ?? 'a forbidden character';
    return `${name} (U+${code.toString(16).toUpperCase().padStart(4, '0')})`;
  }
  return undefined;
}
