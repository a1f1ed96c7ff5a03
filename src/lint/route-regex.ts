/** The regular expressions of routes, run on paths without nginx. */

/**
 * A route's regular expression, as far as JavaScript reads it like nginx's PCRE. Undefined where it may not, and where it
 * could backtrack for long: a spec is not to be trusted that far.
 */
export function routeRegex(sign: '~' | '~*', text: string): RegExp | undefined {
  const plain = text.replace(/\\./g, 'x').replaceAll('(?', '(');
  const repeats = plain.match(/[*+{]|\?(?![*+?])/g)?.length ?? 0;
  const groups = plain.match(/\(/g)?.length ?? 0;
  const choices = plain.match(/\|/g)?.length ?? 0;
  if (repeats + groups > 4 || choices > 16 || /\)[*+{]/.test(plain)) return undefined;
  if (/\\[AzZGQERKXhHVNCpP]|\[\[:|\(\*|\(\?[^:=!<]|[*+?}]\+/.test(text)) return undefined;
  try {
    return new RegExp(text, sign === '~*' ? 'i' : '');
  } catch {
    return undefined;
  }
}

const tails = ['', 'x', 'X/1', 'a-b_c.json', '0/z~/', 'Qq.Ww,(!)', '-', '7'];

/** Whether it matches everything below a path that ends in `/`, tried on paths of different kinds. */
export function matchesAllBelow(regex: RegExp, folder: string): boolean {
  return folder.length <= 200 && tails.every((tail) => regex.test(folder + tail));
}
