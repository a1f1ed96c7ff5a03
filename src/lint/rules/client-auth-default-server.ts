import type { Finding, LintContext, Rule } from '../rule.ts';

/** TLS sessions that a foreign default server makes may be carried to a site that asks for client certificates. */
export const clientAuthDefaultServer: Rule = {
  code: 'client-auth-default-server',
  severity: 'warning',
  title: "client certificates want keepgate's own default server",
  page: `Before nginx 1.29.8 a TLS session that was made with one site can be resumed at another that asks for client certificates.
Before 1.26.3 and 1.27.4 that other site may take it for proof of a certificate, even of another CA's; later ones refuse it
with an alert or status 421, and the client can't tell why. keepgate switches sessions off on the sockets of such a site where
it writes the default server, but OpenSSL takes the settings from there, and with nginx.defaultServer: off it is a server
of somebody else's. Let keepgate write the default server, use a newer nginx, or give the machine's own default server
"ssl_session_cache off; ssl_session_tickets off;" and ignore this.

  nginx: {defaultServer: refuse}        # the default`,
  *check({ defaultServer, sites, features, target }: LintContext): Iterable<Finding> {
    if (features.sessionsPerServer || defaultServer !== 'off') return;
    for (const { expanded } of sites) {
      if (!expanded.options.tls.clientAuth) continue;
      yield {
        message: `with nginx ${target.version} the machine's own default server decides whether TLS sessions of other sites are resumed here, past the client certificate; let nginx.defaultServer be refuse`,
        help: 'Or give that server: ssl_session_cache off; ssl_session_tickets off;',
        at: { site: expanded, path: ['tls', 'clientAuth'], what: 'key' },
      };
    }
  },
};
