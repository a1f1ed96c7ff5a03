import type { Diagnostic } from '../../diagnostic.ts';
import { fingerprints } from './fingerprint.ts';
import { toJson } from './json.ts';
import { lines } from './lines.ts';
import type { ReportOptions } from './options.ts';
import { repositoryPath } from './path.ts';

const severities = { error: 'major', warning: 'minor', info: 'info' };

/** GitLab drops a finding without a place; this is where people look first. */
const fallback = { file: 'keepgate.yaml', line: 1 };

/** A Code Quality report of GitLab. */
export function gitlab(diagnostics: readonly Diagnostic[], { root }: ReportOptions): string {
  const prints = fingerprints(diagnostics, root);
  return toJson(
    diagnostics.map((diagnostic, index) => {
      const { code, severity, at = fallback } = diagnostic;
      return {
        description: lines(diagnostic, root).join('\n'),
        check_name: code,
        fingerprint: prints[index],
        severity: severities[severity],
        location: { path: repositoryPath(at.file, root), lines: { begin: at.line } },
      };
    }),
  );
}
