import type { Finding, LintContext, Rule } from '../rule.ts';

/** TLS sessions that a foreign default server makes may be carried to a site that asks for client certificates. */
export const clientAuthDefaultServer: Rule = {
  code: 'client-auth-default-server',
  severity: 'warning',
  title: "client certificates want keepgate's own default server",
  page: `Before nginx 1.26.3 and 1.27.4 a TLS session that was made with a certificate of one CA can be resumed at a site that asks for
one of another, when the two share a session cache or ticket key. keepgate switches both off where it writes the
settings, but OpenSSL takes those of the socket's default server, and with nginx.defaultServer: off that is a server of
somebody else's. Let keepgate write the default server, use a newer nginx, or give the machine's own default server
"ssl_session_cache off; ssl_session_tickets off;" and ignore this.

  nginx: {defaultServer: refuse}        # the default`,
  *check({ defaultServer, sites, features, target }: LintContext): Iterable<Finding> {
    if (features.sessionsPerServer || defaultServer !== 'off') return;
    for (const { expanded } of sites) {
      if (!expanded.options.tls.clientAuth) continue;
      yield {
        message: `with nginx ${target.version} the machine's own default server decides whether TLS sessions carry past the client certificate; let nginx.defaultServer be refuse`,
        help: 'Or give that server: ssl_session_cache off; ssl_session_tickets off;',
        at: { site: expanded, path: ['tls', 'clientAuth'], what: 'key' },
      };
    }
  },
};
