import { isAddress } from '../../spec/address.ts';
import { isLetsEncrypt } from '../lets-encrypt.ts';
import { hostPlace } from '../places.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** Let's Encrypt certifies addresses in one profile alone, and not over DNS. */
export const acmeIpAddress: Rule = {
  code: 'acme-ip-address',
  severity: 'error',
  title: 'an IP address needs the profile shortlived',
  page: `Let's Encrypt issues certificates for IP addresses only in its profile "shortlived" (160 hours), and only over http-01: there is
no zone to put a record in. Set both for this site, or list a name instead.

  sites:
    box: {hosts: [192.0.2.10], acme: {profile: shortlived, challenge: http-01}, …}`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { site, expanded } of sites) {
      const { tls, acme } = expanded.options;
      if (tls.certificate !== 'acme' || !isLetsEncrypt(acme)) continue;
      const lacks =
        acme.profile !== 'shortlived'
          ? 'in the profile shortlived; set acme.profile for this site'
          : typeof acme.challenge === 'object'
            ? 'over http-01; set acme.challenge for this site'
            : undefined;
      if (lacks === undefined) continue;
      for (const host of site.hosts) {
        if (!isAddress(host)) continue;
        yield { message: `Let's Encrypt certifies the address ${host} only ${lacks}`, at: hostPlace(expanded, host) };
      }
    }
  },
};
