/** What keepgate has to say about an input: bad input is data, never an exception. */

export const severities = ['info', 'warning', 'error'] as const;
export type Severity = (typeof severities)[number];

/** A place in a text file. Line and column count from 1; column and length count UTF-16 code units. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many characters the caret underlines, at least 1, never past the end of the line. */
  readonly length: number;
  /** The whole line, so that a report needs no second look at the file. */
  readonly source: string;
}

export interface Diagnostic {
  /** kebab-case; `keepgate explain CODE` has a page for each. */
  readonly code: string;
  readonly severity: Severity;
  /** One line: what is wrong and, where it is short, the way out. */
  readonly message: string;
  /** The way out, when it needs a sentence or a command of its own. */
  readonly help?: string;
  readonly at?: Location;
  /** Other places that belong to it: the first of two definitions, the rendered line that nginx refused … */
  readonly related?: readonly { readonly message: string; readonly at: Location }[];
  /** The site it is about. */
  readonly site?: string;
  /** RFC 3339, in UTC: before it, trying again is pointless. */
  readonly retryAt?: string;
  /** How many findings it stands for, where that is not one. */
  readonly count?: number;
}

/** Findings of one file that are told one by one: a person mends some and runs it again. */
export const mostFindings = 100;

/** What stands for those that are not told. */
export function moreFindings(file: string | undefined, severity: Severity, count: number): Diagnostic {
  const what = { error: 'error', warning: 'warning', info: 'hint' }[severity];
  const where = file === undefined ? '' : ` in ${file}`;
  const message = `${count} more ${what}${count === 1 ? '' : 's'}${where} ${count === 1 ? 'is' : 'are'} not shown`;
  return { code: 'more-findings', severity, message, help: 'Mend some of those above and run it again.', count };
}

/** The same with at most 100 of each file one by one, the most severe, and a count of its others. */
export function capped(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = new Map<string | undefined, Diagnostic[]>();
  for (const one of diagnostics) {
    const others = files.get(one.at?.file);
    if (others) others.push(one);
    else files.set(one.at?.file, [one]);
  }
  return [...files].flatMap(([file, all]) => {
    if (all.length <= mostFindings) return all;
    const inOrder = sortDiagnostics(all).sort(
      (a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity),
    );
    const left = inOrder.slice(mostFindings);
    const counts = severities.map((severity) => ({
      severity,
      count: left.filter((one) => one.severity === severity).length,
    }));
    const more = counts.flatMap(({ severity, count }) => (count === 0 ? [] : [moreFindings(file, severity, count)]));
    return [...inOrder.slice(0, mostFindings), ...more.reverse()];
  });
}

/** A failure that nobody can go on from, with the exit code that the program ends with. */
export class KeepgateError extends Error {
  override readonly name = 'KeepgateError';
  readonly diagnostic: Diagnostic;
  /** 1 input, 2 usage, 4 environment, 5 rate-limited. */
  readonly exitCode: 1 | 2 | 4 | 5;

  constructor(exitCode: 1 | 2 | 4 | 5, diagnostic: Omit<Diagnostic, 'severity'>) {
    super(diagnostic.message);
    this.exitCode = exitCode;
    this.diagnostic = { severity: 'error', ...diagnostic };
  }
}

/** Whether any of them is at least as severe as the threshold. */
export function reaches(diagnostics: Iterable<Diagnostic>, threshold: Severity): boolean {
  const least = severities.indexOf(threshold);
  for (const { severity } of diagnostics) if (severities.indexOf(severity) >= least) return true;
  return false;
}

/** A copy in the order of the places: file, line, column, then code; what has no place comes last. */
export function sortDiagnostics(diagnostics: Iterable<Diagnostic>): Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) =>
      Number(a.at === undefined) - Number(b.at === undefined) ||
      compare(a.at?.file ?? '', b.at?.file ?? '') ||
      (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
      (a.at?.column ?? 0) - (b.at?.column ?? 0) ||
      compare(a.code, b.code),
  );
}

/** By code units, so that the order is the same in every locale. */
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
