import type { Diagnostic } from '../../diagnostic.ts';
import { type Io, wantsColor } from '../io.ts';
import type { Ignored } from './options.ts';

export interface Said {
  readonly format: 'text' | 'json';
  readonly diagnostics: readonly Diagnostic[];
  readonly ignored: readonly Ignored[];
  /** More members of the document. */
  readonly product?: object;
}

/** Diagnostics for a person go to standard error; for a program all of it is one document on standard output. */
export async function say({ format, diagnostics, ignored, product = {} }: Said, io: Io): Promise<void> {
  if (format === 'text' && diagnostics.length === 0) return;
  const { report } = await import('./index.ts');
  if (format === 'json') io.stdout.write(report('json', diagnostics, { color: false, ignored, extra: { ...product } }));
  else io.stderr.write(report('text', diagnostics, { color: wantsColor(io.stderr, io.env), ignored }));
}
