import { isAddress } from '../../spec/address.ts';
import { shown } from '../backends.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** nginx compares the name of a backend with the DNS names of its certificate, never with its IP addresses. */
export const backendCertificateName: Rule = {
  code: 'backend-certificate-name',
  severity: 'warning',
  title: 'an https backend has a name',
  page: `The backend speaks HTTPS and is given by its address. nginx looks for that address among the DNS names of the backend's
certificate, where it hardly ever stands, and answers 502. Name an upstream, and say which name the certificate has and,
if no public CA made it, which CA did.

  upstreams:
    api: {servers: [10.0.0.7:8443], tls: {name: api.internal, ca: /etc/ssl/internal-ca.pem}}`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { backends } of sites) {
      for (const backend of backends) {
        const { scheme, host, tls, certificateName, at } = backend;
        if (scheme === 'http' || tls?.verify === false || host !== certificateName) continue;
        if (!isAddress(host)) continue;
        const message = `the certificate of ${shown(backend)} is verified against the address, which it hardly has as a name; set tls.name in "upstreams"`;
        yield { message, at };
      }
    }
  },
};
