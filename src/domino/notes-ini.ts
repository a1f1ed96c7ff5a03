/** One setting of Domino's notes.ini, as bytes: its encoding is the server's own, and not known here. */

export interface IniLine {
  /** Counts from 1. */
  readonly line: number;
  /** As it stands there, a byte for each character. */
  readonly text: string;
}

export type IniEdit =
  | { readonly state: 'changed' | 'same'; readonly bytes: Buffer }
  /** The setting stands there several times, in any case. */
  | { readonly state: 'doubled'; readonly lines: readonly IniLine[] }
  /** It has zero bytes, as UTF-16 has. */
  | { readonly state: 'not-text' };

/**
 * Sets one value. The one line of the setting is replaced, with the case of its name, which counts; without one, a line is
 * put at the end of the first section. Every other line keeps its bytes and its line end.
 */
export function setIniValue(bytes: Buffer, name: string, value: string): IniEdit {
  if (bytes.includes(0)) return { state: 'not-text' };
  const lines = linesOf(bytes.toString('latin1'));
  const found = lines.flatMap(({ text }, index) => (isSetting(text, name) ? [{ index, line: index + 1, text }] : []));
  if (found.length > 1) return { state: 'doubled', lines: found.map(({ line, text }) => ({ line, text })) };
  const setting = `${name}=${value}`;
  const [only] = found;
  if (only) {
    if (only.text === setting) return { state: 'same', bytes };
    return changed(lines.map((line, index) => (index === only.index ? { ...line, text: setting } : line)));
  }
  return changed(withNewLine(lines, setting));
}

/** The value of a setting, the name in any case; undefined when it isn't there once. */
export function iniValue(bytes: Buffer, name: string): string | undefined {
  const [only = null, ...more] = settingsIn(bytes, name);
  return more.length === 0 ? iniValueOf(only) : undefined;
}

/** The line of a setting before and after a change, as it stands there; null: there was none. */
export interface IniLineChange {
  readonly before: string | null;
  readonly after: string | null;
}

/** Of two versions of a file. */
export const iniLineChange = (before: Buffer | undefined, after: Buffer | undefined, name: string): IniLineChange => ({
  before: (before && settingsIn(before, name)[0]) ?? null,
  after: (after && settingsIn(after, name)[0]) ?? null,
});

/** Undoes the change of one line, whatever became of the others; undefined when that line was changed since. */
export function undoIniLine(bytes: Buffer, name: string, { before, after }: IniLineChange): Buffer | undefined {
  const [now = null, ...more] = settingsIn(bytes, name);
  if (more.length > 0) return undefined;
  if (iniValueOf(now) === iniValueOf(before)) return bytes;
  if (iniValueOf(now) !== iniValueOf(after)) return undefined;
  const lines = linesOf(bytes.toString('latin1'));
  if (now === null) return bytesOf(withNewLine(lines, before ?? ''));
  const put = (line: Line): Line[] => (before === null ? [] : [{ ...line, text: before }]);
  return bytesOf(lines.flatMap((line) => (isSetting(line.text, name) ? put(line) : [line])));
}

const settingsIn = (bytes: Buffer, name: string): string[] =>
  linesOf(bytes.toString('latin1')).flatMap(({ text }) => (isSetting(text, name) ? [text] : []));

const iniValueOf = (line: string | null): string | undefined => line?.replace(/^[^=]*=/, '').trim();

interface Line {
  readonly text: string;
  /** Empty for a last line without one. */
  readonly end: string;
}

function linesOf(text: string): Line[] {
  const lines = [...text.matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g)].map(([, line = '', end = '']) => ({ text: line, end }));
  return lines.filter(({ text: line, end }) => line !== '' || end !== '');
}

const isSetting = (text: string, name: string): boolean =>
  /^(?:\xEF\xBB\xBF)?\s*([^=;[]*?)\s*=/.exec(text)?.[1]?.toLowerCase() === name.toLowerCase();

/** At the end of the first section: a later one would swallow it. */
function withNewLine(lines: readonly Line[], setting: string): Line[] {
  const end = lines.find((line) => line.end !== '')?.end ?? '\n';
  const headers = lines.flatMap(({ text }, index) => (/^(?:\xEF\xBB\xBF)?\s*\[.*\]\s*$/.test(text) ? [index] : []));
  const next = headers[1];
  if (next !== undefined) return [...lines.slice(0, next), { text: setting, end }, ...lines.slice(next)];
  const last = lines.at(-1);
  if (last === undefined || last.end !== '') return [...lines, { text: setting, end }];
  return [...lines.slice(0, -1), { ...last, end }, { text: setting, end: '' }];
}

const changed = (lines: readonly Line[]): IniEdit => ({ state: 'changed', bytes: bytesOf(lines) });

const bytesOf = (lines: readonly Line[]): Buffer =>
  Buffer.from(lines.map(({ text, end }) => text + end).join(''), 'latin1');
