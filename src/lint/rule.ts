/** A rule looks at all sites at once and says what is wrong with them. Pure: nothing but its context. */
import type { Severity } from '../diagnostic.ts';
import type { Claim, MachineSettings, Neighbour } from '../model/claims.ts';
import type { ExpandedSite } from '../model/expand.ts';
import type { NginxFeatures } from '../model/nginx-features.ts';
import type { Site } from '../model/site.ts';
import type { Target } from '../model/target.ts';
import type { Path } from '../spec/document.ts';
import type { Spec } from '../spec/types.gen.ts';
import type { SiteBackend } from './backends.ts';
import type { OwnMachine } from './own-machine.ts';

export interface LintedSite {
  /** As templates see it. */
  readonly site: Site;
  /** As plain options, which are what a person can change. */
  readonly expanded: ExpandedSite;
  /** What it asks of what is shared. */
  readonly claim: Claim;
  /** Every server that one of its routes leads to. */
  readonly backends: readonly SiteBackend[];
}

export interface LintContext {
  readonly spec: Spec;
  readonly sites: readonly LintedSite[];
  /** The sites of other specs on the same machine. */
  readonly others: readonly Neighbour[];
  /** Who answers for unknown hosts, whichever spec says so. */
  readonly defaultServer: NonNullable<MachineSettings['defaultServer']>;
  readonly features: NginxFeatures;
  readonly target: Target;
  readonly machine: OwnMachine;
  readonly rules: readonly Rule[];
}

/** A place: an option of a site; or a path of the spec, with the site that it is about where there is one. */
export type Place =
  | { readonly site: ExpandedSite; readonly path: Path; readonly what?: 'key' | 'value' }
  | { readonly about?: ExpandedSite; readonly path: Path; readonly what?: 'key' | 'value' };

export interface Finding {
  /** One line: what is wrong here, and the way out. */
  readonly message: string;
  readonly help?: string;
  /** The `lint.ignore` of its site holds. */
  readonly at: Place;
  readonly related?: readonly { readonly message: string; readonly at: Place }[];
}

export interface Rule {
  /** The file's name. */
  readonly code: string;
  readonly severity: Severity;
  /** Not there: a site may leave the rule out with a reason. False where no reason can make it right. */
  readonly ignorable?: false;
  /** What the rule asks for, in a few words. */
  readonly title: string;
  /** Why, and what to do: the page of `keepgate explain CODE`. */
  readonly page: string;
  readonly check: (context: LintContext) => Iterable<Finding>;
}
