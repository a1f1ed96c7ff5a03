/** Values as a person writes them into one line of YAML. */

/** What YAML reads as a text without quotes. */
const plain = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/i;

/** A name or a host: without quotes where it has a dot in it, since no word of YAML's own has one. */
export const plainOrQuoted = (text: string): string => (plain.test(text) ? text : JSON.stringify(text));

export function flowText(value: unknown): string {
  if (typeof value === 'string') return plainOrQuoted(value);
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flowText(inner)}`)
    .join(', ')}}`;
}
