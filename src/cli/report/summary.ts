import type { Diagnostic } from '../../diagnostic.ts';

export interface Summary {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  readonly ignored: number;
  /** How many files they are in; what has no place counts for none. */
  readonly files: number;
}

export function summarize(diagnostics: readonly Diagnostic[], ignored: number): Summary {
  const having = (severity: Diagnostic['severity']): number =>
    diagnostics.reduce((sum, one) => sum + (one.severity === severity ? (one.count ?? 1) : 0), 0);
  return {
    errors: having('error'),
    warnings: having('warning'),
    infos: having('info'),
    ignored,
    files: new Set(diagnostics.flatMap(({ at }) => at?.file ?? [])).size,
  };
}
