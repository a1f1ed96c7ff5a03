/** How a spec is called on a machine: by its real path, or as --as says. */
import { noSpec } from '../model/claims.ts';
import { printable } from '../nginx/printable.ts';

/** For --as: one word in a file, a sentence and a shell. */
export const isGivenName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text);

/** It is shown wherever two specs meet, so it is on one line and without control characters. */
export function isSpecName(text: string): boolean {
  return text === noSpec || isGivenName(text) || (text.startsWith('/') && printable(text, 4096) === text);
}
