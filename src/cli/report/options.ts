import type { Diagnostic } from '../../diagnostic.ts';

/** A finding that the spec asks to leave out. */
export interface Ignored {
  readonly diagnostic: Diagnostic;
  /** Why, in the words of the spec. */
  readonly reason: string;
}

export interface ReportOptions {
  /** ANSI colours; for text alone. */
  readonly color: boolean;
  /** Counted in text, listed in json, suppressed in sarif. */
  readonly ignored: readonly Ignored[];
  /** Further members of the json document. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** What `explain` knows about each code; for sarif. */
  readonly pages?: ReadonlyMap<string, { readonly title: string; readonly text: string }>;
  /** The folder that absolute paths are made relative to in sarif, github and gitlab: the root of the repository. */
  readonly root?: string;
}
