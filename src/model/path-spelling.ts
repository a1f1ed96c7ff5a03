/**
 * Regular expressions for the ways in which one path can be written. nginx compares a path decoded, without `//`, `.` and
 * `..`; a backend gets it as the client wrote it, and has its own idea of what is the same: in any case, with an ending
 * such as `.json` or a space, with matrix parameters.
 */

/** Whether a path is another one, or lies below it. */
export function isAtOrBelow(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

/**
 * All spellings of a path and of what lies below it, for `~*` on the path that nginx has decoded: whatever follows, unless
 * it goes on as a word. `matrix`: each segment may carry parameters (`/a;x=1/b`).
 */
export function everySpelling(path: string, matrix: boolean): string {
  return `^${inAnyCase(path, matrix)}${wordEnd}`;
}

/** The same without what lies below. */
export function everySpellingOfExact(path: string, matrix: boolean): string {
  return `^${inAnyCase(path, matrix)}/?(?![a-z0-9_/-])`;
}

/** A path and all below it, for `~`. */
export function plainPrefix(path: string): string {
  return `^${escaped(path)}(?:/|$)`;
}

/**
 * The path as the request line has it when nothing is encoded that need not be: for `$request_uri`, in a location that nginx
 * has chosen by the decoded path.
 */
export function asWritten(path: string, exact: boolean): string {
  return `^${writtenOut(path)}(?:${exact ? '' : '/|'}\\?|$)`;
}

/**
 * A regular expression of the spec that holds for every spelling, for `~*`: a `$` stands before an ending such as `/` or
 * `.json` too. Undefined where a part of it leaves something out, which would be open in another case.
 */
export function widened(text: string): string | undefined {
  if (/\(\?[^:=]|\(\*|\\[zZGKQpPAhHRNXCE]/.test(text.replace(/\\\\/g, ''))) return undefined;
  let known = true;
  const wide = text.replace(/\\.|\[(\^?)\]?((?:\\.|\[:\^?\w+:\]|[^\]])*)\]|\$/gs, (part, negated, members) => {
    if (negated === '^' && (/[a-z]/i.test(members) || /[^\d]-./s.test(members))) known = false;
    if (/\[:\^/.test(members ?? '')) known = false;
    return part === '$' ? wordEnd : part;
  });
  return known ? wide : undefined;
}

/** The text that every match of a regular expression begins with, at the start of a path; '' when there is none. */
export function literalStart(text: string): string {
  if (hasAlternatives(text)) return '';
  const literal = /^\^((?:[\w/-]|\\[.-])*)(.?)/.exec(text);
  const start = (literal?.[1] ?? '').replaceAll('\\', '');
  return /[*?{]/.test(literal?.[2] ?? '') ? start.slice(0, -1) : start;
}

/** Whether there is a `|` outside of all groups. */
function hasAlternatives(text: string): boolean {
  let outside = text.replace(/\\.|\[\^?\]?[^\]]*\]/gs, '');
  for (let before = ''; before !== outside; ) {
    before = outside;
    outside = before.replace(/\([^()]*\)/g, '');
  }
  return outside.includes('|');
}

/** Whether a regular expression may match a path or something below it, in whatever case. */
export function mayOverlap(regex: string, path: string): boolean {
  const start = literalStart(regex).toLowerCase();
  const other = path.toLowerCase();
  return start.startsWith(other) || other.startsWith(start);
}

const wordEnd = '(?![a-z0-9_-])';

function inAnyCase(path: string, matrix: boolean): string {
  return Array.from(path, (character) => {
    if (character === '/') return matrix ? '(?:;[^/]*)?(?:/;[^/]*)*/' : '/';
    // nginx compares bytes: it knows the case of a to z alone
    const same = /^[ -~]$/.test(character) ? [character] : sameInAnyCase(character);
    return same.length > 1 ? `(?:${same.map(escaped).join('|')})` : escaped(character);
  }).join('');
}

/** A character and those that are the same in lower case, such as å and the sign of the ångström; of the basic plane. */
function sameInAnyCase(character: string): string[] {
  const [small, large] = [character.toLowerCase(), character.toUpperCase()];
  const others = Array.from({ length: 0xd800 - 0x80 }, (_, index) => String.fromCharCode(index + 0x80));
  return [...new Set([character, small, large, ...others.filter((other) => other.toLowerCase() === small)])];
}

/** ASCII as it is, since a backend may take an encoded `:` for something else; of all other characters, each byte as it is or encoded. */
function writtenOut(path: string): string {
  return path.replace(/[ -~]+|[^ -~]+/g, (run) =>
    /^[ -~]/.test(run) ? escaped(run) : `(?:%[89A-Fa-f].|[^ -~]){${Buffer.byteLength(run)}}`,
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
