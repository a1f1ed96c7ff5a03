import { createHash } from 'node:crypto';
import type { Diagnostic } from '../../diagnostic.ts';
import { repositoryPath } from './path.ts';

/**
 * What a platform recognizes each finding by from one run to the next: it stays when lines move. Equal findings, such
 * as the same mistake in two equal lines of one file, are told apart by their order. `root` as in ReportOptions.
 */
export function fingerprints(diagnostics: readonly Diagnostic[], root: string | undefined): string[] {
  const seen = new Map<string, number>();
  return diagnostics.map(({ code, message, at, site }) => {
    const identity = JSON.stringify([code, at && repositoryPath(at.file, root), at?.source.trim(), site, message]);
    const earlier = seen.get(identity) ?? 0;
    seen.set(identity, earlier + 1);
    return createHash('sha256').update(`${identity}#${earlier}`).digest('hex');
  });
}
