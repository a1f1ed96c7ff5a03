import { canonicalIpv6, isIpv4, parseAddress } from '../../spec/address.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** A backend's name is looked up once, when nginx starts. */
export const backendNameStatic: Rule = {
  code: 'backend-name-static',
  severity: 'warning',
  title: 'a backend given by name is looked up once',
  page: `nginx looks the name of a backend up when it starts, and never again: it refuses to start when the name does not
resolve at that moment, and it keeps sending requests to the old address when the name moves. Write the address, or set
nginx.resolver (nginx 1.27.3 and later), or ignore this where the name comes from /etc/hosts and stays.`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { site, expanded } of sites) {
      for (const { servers } of site.upstreams) {
        for (const { address, parameters } of servers) {
          const parsed = parseAddress(address);
          if (typeof parsed === 'string' || isIpv4(parsed.host) || canonicalIpv6(parsed.host)) continue;
          if (parameters.includes('resolve')) continue;
          yield {
            message: `the backend "${parsed.host}" is looked up once, when nginx starts; write its address, or set nginx.resolver`,
            at: { site: expanded, path: [], what: 'key' },
          };
        }
      }
    }
  },
};
