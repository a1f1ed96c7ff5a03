import { hostPlace } from '../places.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** No CA issues a wildcard over http-01. */
export const wildcardChallenge: Rule = {
  code: 'wildcard-challenge',
  severity: 'error',
  title: 'a wildcard needs dns-01',
  page: `A certificate for a wildcard says something about a whole zone, so Let's Encrypt, like every public CA, issues it only after
the challenge dns-01, a TXT record that the owner of the zone puts up. List the names one by one, or set the challenge.

  acme: {challenge: {dns-01: {exec: ./hook}}}`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { site, expanded } of sites) {
      const { tls, acme } = expanded.options;
      if (tls.certificate !== 'acme' || typeof acme.challenge === 'object') continue;
      for (const host of site.hosts) {
        if (!host.startsWith('*.')) continue;
        const message = `"${host}" can't be proven over http-01; list the names one by one, or set acme.challenge to dns-01`;
        yield { message, at: hostPlace(expanded, host) };
      }
    }
  },
};
