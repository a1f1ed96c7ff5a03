// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const escapeSequence = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * What a program said, as one harmless line of at most `limit` UTF-16 code units: no control character, terminal escape,
 * line separator or bidirectional control. A line that starts with `::error` is a command to a CI system, so nothing that
 * a configuration can put into a message may ever begin a line of ours.
 */
export function printable(text: string, limit = 1000): string {
  const line = text
    .slice(0, limit * 4)
    .replace(escapeSequence, '')
    .replace(unprintable, '')
    .trim();
  return line.length > limit ? `${line.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…` : line;
}
