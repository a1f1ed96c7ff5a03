import { isLetsEncrypt } from '../lets-encrypt.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** A certificate holds so many names and no more. */
export const acmeTooManyNames: Rule = {
  code: 'acme-too-many-names',
  severity: 'error',
  title: 'a certificate holds 100 names, or 25',
  page: `A site has one certificate for all of its hosts. Let's Encrypt puts at most 100 names into one, and at most 25 in its profiles
"tlsserver" and "shortlived". Spread the hosts over several sites, use a wildcard (with dns-01), or take another profile.

  acme: {profile: classic}`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { site, expanded } of sites) {
      const { tls, acme } = expanded.options;
      if (tls.certificate !== 'acme' || !isLetsEncrypt(acme)) continue;
      const small = acme.profile === 'tlsserver' || acme.profile === 'shortlived';
      const most = small ? 25 : 100;
      if (site.hosts.length <= most) continue;
      const where = small ? ` in the profile ${acme.profile}` : '';
      const message = `Let's Encrypt puts ${most} names into a certificate${where}, and these are ${site.hosts.length}; spread them over several sites`;
      yield { message, at: { site: expanded, path: ['hosts'], what: 'key' } };
    }
  },
};
