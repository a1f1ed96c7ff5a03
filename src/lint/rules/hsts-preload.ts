import type { Finding, LintContext, Rule } from '../rule.ts';

const year = 31_536_000;

/** The preload list takes nobody who doesn't meet its terms. */
export const hstsPreload: Rule = {
  code: 'hsts-preload',
  severity: 'warning',
  title: 'preload comes with its two conditions',
  page: `The list of sites that browsers speak HTTPS to from the first visit on takes a site only with includeSubDomains and a maxAge of a
year (31536000 seconds) or more. Without them "preload" does nothing. Set both, once every subdomain speaks HTTPS for good:
leaving the list takes months. Or take "preload" out.

  tls: {hsts: {maxAge: 63072000, includeSubDomains: true, preload: true}}`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { expanded } of sites) {
      const { hsts } = expanded.options.tls;
      if (!hsts?.preload) continue;
      const lacks = [
        ...(hsts.includeSubDomains ? [] : ['includeSubDomains']),
        ...((hsts.maxAge ?? year) < year ? [`a maxAge of ${year} or more`] : []),
      ];
      if (lacks.length === 0) continue;
      const message = `preload does nothing without ${lacks.join(' and ')}; set it, or take preload out`;
      yield { message, at: { site: expanded, path: ['tls', 'hsts', 'preload'] } };
    }
  },
};
