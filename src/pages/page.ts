/** What `keepgate explain CODE` shows: what a finding means, why it matters and what to do. */
export interface Page {
  /** A few words, no full stop. */
  readonly title: string;
  readonly text: string;
}

export type Pages = Readonly<Record<string, Page>>;
