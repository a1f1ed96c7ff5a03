import type { Diagnostic } from '../../../diagnostic.ts';
import { type Io, wantsColor } from '../../io.ts';

/** What a command ends with. */
export interface Outcome {
  readonly diagnostics?: readonly Diagnostic[];
  /** For a person, on standard error, below the findings. */
  readonly lines?: readonly string[];
  /** For a program: members of the one document on standard output. */
  readonly product?: Readonly<Record<string, unknown>>;
}

/** Findings and a few lines, or one JSON document, whose `error` is the first of what is wrong. */
export async function tell(
  format: 'text' | 'json',
  io: Io,
  { diagnostics = [], lines = [], product = {} }: Outcome,
): Promise<void> {
  if (format === 'text' && diagnostics.length === 0) {
    io.stderr.write(lines.map((line) => `${line}\n`).join(''));
    return;
  }
  const { report } = await import('../../report/index.ts');
  if (format === 'json') {
    const error = diagnostics.find(({ severity }) => severity === 'error');
    io.stdout.write(
      report('json', diagnostics, { color: false, ignored: [], extra: { ...product, ...(error && { error }) } }),
    );
    return;
  }
  const findings = report('text', diagnostics, { color: wantsColor(io.stderr, io.env), ignored: [] });
  io.stderr.write(`${findings}${lines.map((line) => `${line}\n`).join('')}`);
}
