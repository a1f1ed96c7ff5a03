/** The names of sites and upstreams. */

/** Of those that a spec gives; a preset adds a word of its own. */
export const longestName = 64;

/** Lower-case letters, digits, and between them single dots or hyphens, of which punycode has two in a row. */
export const isName = (text: string): boolean => /^[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*$/.test(text);
