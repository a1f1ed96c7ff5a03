import type { Location } from '../../diagnostic.ts';
import { cells } from './cells.ts';

/** How many columns of a source line are shown, and how many of them at most before the caret. */
const room = 160;
const before = 60;

export interface Frame {
  /** The source line, or the part of it around the caret. */
  readonly source: string;
  /** Spaces, then as many carets as the place is wide. */
  readonly carets: string;
}

/** Of a very long line only this much on either side of the place is looked at: measuring text is slow. */
const reach = 500;

/** A place as it is shown under a finding. */
export function frame({ source: whole, column, length: marked }: Location): Frame {
  const first = Math.max(0, column - 1 - reach);
  const source = whole.slice(first, column - 1 + reach);
  const length = Math.min(marked, reach);
  const line = cells(source);
  const from = column - 1 - first;
  const start = width(line.filter(({ index }) => index < from));
  const end = start + width(line.filter(({ index }) => index >= from && index < from + length));
  const total = width(line);
  if (total <= room && source.length === whole.length) return { source: text(line), carets: underline(start, end) };

  const part = room - 2;
  const left = Math.max(0, Math.min(start - before, total - part));
  let at = 0;
  const shown = line.filter((cell) => {
    const begin = at;
    at += cell.width;
    return begin >= left && at <= left + part;
  });
  // The first cell shown may begin a column after `left`, when a wide one was cut.
  const skipped = width(line.slice(0, shown[0] ? line.indexOf(shown[0]) : 0));
  const opening = skipped > 0 || first > 0 ? '…' : '';
  const closing = skipped + width(shown) < total || first + source.length < whole.length ? '…' : '';
  const shift = opening.length - skipped;
  return {
    source: `${opening}${text(shown)}${closing}`,
    carets: underline(start + shift, Math.min(end + shift, opening.length + width(shown))),
  };
}

const text = (line: ReturnType<typeof cells>): string => line.map((cell) => cell.text).join('');

const width = (line: ReturnType<typeof cells>): number => line.reduce((sum, cell) => sum + cell.width, 0);

const underline = (start: number, end: number): string => ' '.repeat(start) + '^'.repeat(Math.max(1, end - start));
