import { cells } from './cells.ts';

/** Rows in columns for a terminal, two spaces between them; whatever would act on the terminal is escaped. */
export function table(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(shownText));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => row[column]?.width ?? 0)));
  return shown
    .map((row) => row.map(({ text, width }, column) => text + ' '.repeat((widths[column] ?? 0) - width)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function shownText(text: string): { text: string; width: number } {
  const line = cells(text);
  return {
    text: line.map((cell) => cell.text).join(''),
    width: line.reduce((sum, { width }) => sum + width, 0),
  };
}
