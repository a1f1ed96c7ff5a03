import { isAddress } from '../../spec/address.ts';
import { isPublicCa } from '../lets-encrypt.ts';
import { hostPlace } from '../places.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** Of RFC 2606, 6761, 6762, 7686, 8375 and 9476, and ICANN's for inner networks. Names of documentation may stand in examples. */
const notPublic = /(^|\.)(localhost|local|internal|test|invalid|onion|alt|home\.arpa)$/;

/** A public CA certifies names of the public DNS alone. */
export const acmeNameNotPublic: Rule = {
  code: 'acme-name-not-public',
  severity: 'error',
  title: 'a public CA certifies public names alone',
  page: `A CA that browsers trust gives certificates for names of the public DNS. A name without a dot, and names below localhost, local,
internal, test and a few more, can be anybody's, so no such CA has one for them. Use a public name, take a certificate of a CA of your own
(its directory with acme.directory, or its files with tls.certificate: {cert, key}), or one that only you trust:

  sites:
    box: {hosts: [box.internal], tls: {certificate: self-signed}, …}`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { site, expanded } of sites) {
      const { tls, acme } = expanded.options;
      if (tls.certificate !== 'acme' || !isPublicCa(acme)) continue;
      for (const host of site.hosts) {
        if (isAddress(host) || (host.includes('.') && !notPublic.test(host))) continue;
        const message = `${host} is no name of the public DNS, so no public CA gives a certificate for it; use another name, or tls: {certificate: self-signed}`;
        yield { message, at: hostPlace(expanded, host) };
      }
    }
  },
};
