import type { Diagnostic } from '../../diagnostic.ts';
import type { ReportOptions } from './options.ts';
import { summarize } from './summary.ts';

/** One document for other programs. `extra` adds members and replaces none. */
export function json(diagnostics: readonly Diagnostic[], { ignored, extra }: ReportOptions): string {
  const own = { version: 1, diagnostics, ignored, summary: summarize(diagnostics, ignored.length) };
  return toJson({ ...own, ...extra, ...own });
}

/** Characters that JSON leaves as they are and a terminal does not: C1 controls, separators, bidirectional controls. */
const unsafe = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Indented JSON that may be printed on a terminal: every character in it that acts there is escaped. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return `${text.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
