import { capped, type Diagnostic, sortDiagnostics } from '../../diagnostic.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { json } from './json.ts';
import type { ReportOptions } from './options.ts';
import { sarif } from './sarif.ts';
import { text } from './text.ts';

export type { Ignored, ReportOptions } from './options.ts';

const formats = { text, json, sarif, github, gitlab };

export type ReportFormat = keyof typeof formats;

export const reportFormats: readonly ReportFormat[] = ['text', 'json', 'sarif', 'github', 'gitlab'];

/**
 * The findings, in the order of their places, for a person or for another program; ends with a newline unless it
 * is empty. Of a file with very many, the most severe are told, and how many there are besides.
 */
export function report(format: ReportFormat, diagnostics: Iterable<Diagnostic>, options: ReportOptions): string {
  return formats[format](sortDiagnostics(capped([...diagnostics])), options);
}
