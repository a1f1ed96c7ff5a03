import type { Diagnostic } from '../../diagnostic.ts';
import type { ReportOptions } from './options.ts';
import { summarize } from './summary.ts';

/** One document for other programs. `extra` adds members and replaces none. */
export function json(diagnostics: readonly Diagnostic[], { ignored, extra }: ReportOptions): string {
  const own = { version: 1, diagnostics, ignored, summary: summarize(diagnostics, ignored.length) };
  return toJson({ ...own, ...extra, ...own });
}

/** Characters that JSON leaves as they are and a terminal does not: C1 controls, separators, bidirectional and other controls. */
const unsafe = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Indented JSON that may be printed on a terminal: every character in it that acts there is escaped. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replace(unsafe, escaped)}\n`;
}

/** The code units of a character, two beyond U+FFFF, each as JSON has it. */
const escaped = (character: string): string => character.split('').map(unit).join('');

const unit = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
