import type { Mapped, Position } from './children.ts';

/** What istanbul knows of one file; `end.column` is null for "to the end of the line". */
export interface FileCoverage {
  readonly path: string;
  readonly statementMap: Readonly<
    Record<string, { readonly start: Position; readonly end: { readonly line: number } }>
  >;
  readonly s: Readonly<Record<string, number>>;
}

/** The lines of one file on which a statement begins. */
export interface Lines {
  readonly path: string;
  readonly total: number;
  readonly missed: readonly number[];
}

/**
 * A line counts when one of its statements ran: in the tests' own process, or in a process of the built program.
 *
 * @param file what ran in the tests' own processes; a file that was never loaded has all its statements, unexecuted
 * @param children the places that the bundle has code for, in order
 */
export function lineCoverage(file: FileCoverage, children: readonly Mapped[]): Lines {
  const lines = new Map<number, boolean>();
  for (const [id, { start, end }] of Object.entries(file.statementMap)) {
    const hit = (file.s[id] ?? 0) > 0 || ranInChild(children, start, end.line);
    lines.set(start.line, hit || (lines.get(start.line) ?? false));
  }
  const missed = [...lines].flatMap(([line, hit]) => (hit ? [] : [line]));
  return { path: file.path, total: lines.size, missed: missed.sort((a, b) => a - b) };
}

/** The bundle's first code at or after the statement's start is the statement's, unless it was dropped from the bundle. */
function ranInChild(places: readonly Mapped[], start: Position, lastLine: number): boolean {
  const first = places.find(({ line, column }) => line > start.line || (line === start.line && column >= start.column));
  if (first === undefined || first.line > lastLine) return false;
  const same = ({ line, column }: Position): boolean => line === first.line && column === first.column;
  return places.some((place) => same(place) && place.hit);
}

/** One row per file, then the total; missed lines in short form. */
export function coverageTable(files: readonly Lines[]): string {
  const rows = files.map(({ path, total, missed }) => [path, percent(total, missed.length), ranges(missed)] as const);
  const width = Math.max(...rows.map(([path]) => path.length));
  return rows
    .map(([path, share, missed]) => `${path.padEnd(width)}  ${share.padStart(6)}  ${missed}`.trimEnd())
    .join('\n');
}

export function totalOf(files: readonly Lines[]): { readonly total: number; readonly missed: number } {
  let total = 0;
  let missed = 0;
  for (const file of files) {
    total += file.total;
    missed += file.missed.length;
  }
  return { total, missed };
}

export const percent = (total: number, missed: number): string =>
  `${(total === 0 ? 100 : (100 * (total - missed)) / total).toFixed(1)}%`;

function ranges(lines: readonly number[]): string {
  const found: { first: number; last: number }[] = [];
  for (const line of lines) {
    const latest = found.at(-1);
    if (latest?.last === line - 1) latest.last = line;
    else found.push({ first: line, last: line });
  }
  return found.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(' ');
}
