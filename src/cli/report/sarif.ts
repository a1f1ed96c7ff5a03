import { pathToFileURL } from 'node:url';
import { type Diagnostic, type Location, sortDiagnostics } from '../../diagnostic.ts';
import { fingerprints } from './fingerprint.ts';
import { toJson } from './json.ts';
import type { ReportOptions } from './options.ts';
import { repositoryPath } from './path.ts';

const levels = { error: 'error', warning: 'warning', info: 'note' };

/** A SARIF 2.1.0 log with one run. What the spec ignores is in it as suppressed, with the reason. */
export function sarif(diagnostics: readonly Diagnostic[], { ignored, pages, root }: ReportOptions): string {
  const reasons = new Map(ignored.map(({ diagnostic, reason }) => [diagnostic, reason]));
  const all = sortDiagnostics([...diagnostics, ...reasons.keys()]);
  const codes = [...new Set(all.map(({ code }) => code))].sort();
  const prints = fingerprints(all, root);
  const rules = codes.map((id) => {
    const { title, text } = pages?.get(id) ?? { title: id, text: `keepgate explain ${id}` };
    return { id, shortDescription: { text: title }, fullDescription: { text: title }, help: { text } };
  });
  const results = all.map((diagnostic, index) => ({
    ruleId: diagnostic.code,
    ruleIndex: codes.indexOf(diagnostic.code),
    level: levels[diagnostic.severity],
    message: { text: diagnostic.help ? `${diagnostic.message}\n${diagnostic.help}` : diagnostic.message },
    ...locations(diagnostic, root),
    // The one key that GitHub compares.
    partialFingerprints: { primaryLocationLineHash: prints[index] },
    ...suppressions(reasons.get(diagnostic)),
  }));
  return toJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'keepgate', rules } }, columnKind: 'utf16CodeUnits', results }],
  });
}

const suppressions = (justification: string | undefined) =>
  justification === undefined ? {} : { suppressions: [{ kind: 'external', status: 'accepted', justification }] };

const nowhere = { artifactLocation: { uri: 'keepgate.yaml' }, region: { startLine: 1 } };

function locations({ at, site, related }: Diagnostic, root: string | undefined) {
  const logical = site === undefined ? {} : { logicalLocations: [{ name: site, kind: 'object' }] };
  // GitHub refuses a whole log for one result without a place
  const physical = { physicalLocation: at ? physicalLocation(at, root) : nowhere };
  return {
    locations: [{ ...physical, ...logical }],
    ...(related && {
      relatedLocations: related.map((other, index) => ({
        id: index + 1,
        message: { text: other.message },
        physicalLocation: physicalLocation(other.at, root),
      })),
    }),
  };
}

const physicalLocation = ({ file, line, column, length, source }: Location, root: string | undefined) => ({
  artifactLocation: { uri: uri(repositoryPath(file, root)) },
  region: { startLine: line, startColumn: column, endColumn: column + length, snippet: { text: source } },
});

/** Relative paths stay relative, each segment encoded, so that no colon in one reads as a scheme. */
function uri(path: string): string {
  if (path.startsWith('/')) return pathToFileURL(path).href;
  // The detour replaces lone surrogates, which cannot be encoded.
  return Buffer.from(path).toString().split('/').map(encodeURIComponent).join('/');
}
