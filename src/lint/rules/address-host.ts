import { isAddress } from '../../spec/address.ts';
import { hostPlace } from '../places.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** Who asks for an address names no server in TLS, and those are refused. */
export const addressHost: Rule = {
  code: 'address-host',
  severity: 'warning',
  title: 'a site cannot be reached by an IP address while strangers are refused',
  page: `A client that opens https://192.0.2.10/ sends no server name in the TLS handshake (RFC 6066 §3 allows none for
addresses), and keepgate's default server refuses clients that name no site. Give the site a name, or let a server of your
own answer for those: nginx: {defaultServer: off}.`,
  *check({ spec, sites }: LintContext): Iterable<Finding> {
    if (spec.nginx?.defaultServer === 'off') return;
    for (const { site, expanded } of sites) {
      for (const host of site.hosts) {
        if (!isAddress(host)) continue;
        yield {
          message: `who asks for ${host} names no server in TLS, and is refused by the default server; give the site a name`,
          help: 'Or let a server of your own answer for unknown hosts: nginx: {defaultServer: off}',
          at: hostPlace(expanded, host),
        };
      }
    }
  },
};
