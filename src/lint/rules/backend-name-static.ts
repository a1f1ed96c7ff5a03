import { isAddress } from '../../spec/address.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** A backend's name is looked up once, when nginx starts. */
export const backendNameStatic: Rule = {
  code: 'backend-name-static',
  severity: 'warning',
  title: 'a backend given by name is looked up once',
  page: `nginx looks the name of a backend up when it starts, and never again: it refuses to start when the name does not
resolve at that moment, and it keeps sending requests to the old address when the name moves. Write the address, or set
nginx.resolver (nginx 1.27.3 and later), or ignore this where the name comes from /etc/hosts and stays.

  upstream: http://10.0.0.7:8080        # instead of http://api.internal:8080`,
  *check({ spec, sites, features }: LintContext): Iterable<Finding> {
    if (features.upstreamResolve && spec.nginx?.resolver) return;
    const wayOut = features.upstreamResolve
      ? 'write its address, or set nginx.resolver'
      : 'write its address (nginx can look names up while it runs from 1.27.3 on)';
    for (const { backends } of sites) {
      for (const { host, at } of backends) {
        if (host === 'localhost' || isAddress(host)) continue;
        yield { message: `the backend "${host}" is looked up once, when nginx starts; ${wayOut}`, at };
      }
    }
  },
};
