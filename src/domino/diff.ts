/** What a change would do, for people: a unified diff, without secrets. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { type Change, isSame } from './change.ts';

/** Empty for a change that is none. */
export function diffOf(change: Change): string {
  if (isSame(change)) return '';
  const { path } = change;
  const [before, after] = hidden(textOf(change.before?.bytes), textOf(change.after?.bytes));
  const from = change.before ? `a/${path}` : '/dev/null';
  const to = change.after ? `b/${path}` : '/dev/null';
  // Other lines of notes.ini are nobody's business.
  const context = path.endsWith('.ini') ? 0 : 3;
  return createTwoFilesPatch(from, to, before, after, '', '', { context, headerOptions: FILE_HEADERS_ONLY });
}

/** UTF-8 or, where it isn't, a byte for each character; nothing that a terminal would act on. */
function textOf(bytes: Buffer | undefined): string {
  if (bytes === undefined) return '';
  const text = bytes.toString('utf8');
  const read = text.includes('\uFFFD') ? bytes.toString('latin1') : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
  return read.replace(/\r\n/g, '\n').replace(/[\0-\x08\x0B-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]/g, '?');
}

const secret = /("[^"]*(?:password|secret|token|credential|apikey)[^"]*"\s*:\s*)"((?:[^"\\]|\\.)*)"/gi;

function hidden(before: string, after: string): [string, string] {
  const was = new Set([...before.matchAll(secret)].map((match) => match[2]));
  const hide = (text: string, other: boolean): string =>
    text.replace(secret, (whole, key: string, value: string) => {
      if (value === '') return whole;
      return `${key}"(${other && !was.has(value) ? 'hidden, a new one' : 'hidden'})"`;
    });
  return [hide(before, false), hide(after, true)];
}
