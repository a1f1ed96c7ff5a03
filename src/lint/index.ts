/** All rules, and what they find in a configuration. */
import type { Diagnostic, Location } from '../diagnostic.ts';
import { type ExpandedSite, placeOf } from '../model/expand.ts';
import type { Resolved } from '../model/resolve.ts';
import type { Target } from '../model/target.ts';
import type { Places } from '../spec/load.ts';
import type { Spec } from '../spec/types.gen.ts';
import type { LintContext, Place, Rule } from './rule.ts';
import { backendNameStatic } from './rules/backend-name-static.ts';
import { duplicateHost } from './rules/duplicate-host.ts';

export const rules: readonly Rule[] = [backendNameStatic, duplicateHost];

export interface LintResult {
  readonly diagnostics: readonly Diagnostic[];
  /** What `lint.ignore` of a site took out, with its reason. */
  readonly ignored: readonly { readonly diagnostic: Diagnostic; readonly reason: string }[];
}

/** Runs every rule over a resolved configuration. */
export function lint(spec: Spec, places: Places, resolved: Resolved, target: Target): LintResult {
  const sites = resolved.expanded.flatMap((expanded, index) => {
    const site = resolved.model.sites[index];
    return site ? [{ site, expanded }] : [];
  });
  const context: LintContext = { spec, sites, features: resolved.features, target };
  const diagnostics: Diagnostic[] = [];
  const ignored: { diagnostic: Diagnostic; reason: string }[] = [];
  for (const rule of rules) {
    for (const { message, help, at, related = [] } of rule.check(context)) {
      const place = locate(places, at);
      const site = 'site' in at ? at.site : undefined;
      const diagnostic: Diagnostic = {
        code: rule.code,
        severity: rule.severity,
        message,
        ...(help !== undefined && { help }),
        ...(place && { at: place }),
        ...(site && { site: site.name }),
        related: related.flatMap((other) => {
          const found = locate(places, other.at);
          return found ? [{ message: other.message, at: found }] : [];
        }),
      };
      const reason = site && reasonToIgnore(site, rule.code);
      if (reason === undefined) diagnostics.push(diagnostic);
      else ignored.push({ diagnostic, reason });
    }
  }
  return { diagnostics, ignored };
}

function locate(places: Places, place: Place): Location | undefined {
  if ('site' in place) return placeOf(places, place.site, place.path, place.what);
  return places.locate(place.path) ?? places.locate(place.path.slice(0, 2), 'key');
}

function reasonToIgnore({ options }: ExpandedSite, code: string): string | undefined {
  return options.lint?.ignore?.find((entry) => entry.code === code)?.reason;
}
