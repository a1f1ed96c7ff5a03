import { shown } from '../backends.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** TLS to a backend that could be anyone. */
export const backendUnverified: Rule = {
  code: 'backend-unverified',
  severity: 'warning',
  title: "a remote backend's certificate is verified",
  page: `The backend is on another machine and "verify" is off: nginx takes any certificate, so whoever can redirect the connection can
read and change everything, as over plain HTTP. Name the CA that made the backend's certificate instead.

  upstreams:
    api: {servers: [api.internal:8443], tls: {ca: /etc/ssl/internal-ca.pem}}`,
  *check({ sites, machine }: LintContext): Iterable<Finding> {
    for (const { backends } of sites) {
      for (const backend of backends) {
        if (backend.tls?.verify !== false || machine.is(backend.host)) continue;
        yield {
          message: `nobody checks who answers at ${shown(backend)}; name its CA in tls.ca instead of verify: false`,
          at: backend.at,
        };
      }
    }
  },
};
