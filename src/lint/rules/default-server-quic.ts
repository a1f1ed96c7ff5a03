import type { Finding, LintContext, Rule } from '../rule.ts';

/** `reuseport` may be said once for a socket, and keepgate says it in its default server. */
export const defaultServerQuic: Rule = {
  code: 'default-server-quic',
  severity: 'warning',
  title: "HTTP/3 wants keepgate's own default server",
  page: `QUIC has no connections that the kernel knows of: with several worker processes the packets of one client reach different
workers unless the socket is opened with "reuseport", which may stand once for each socket. keepgate says it in its default
server, which nginx.defaultServer: off leaves out. Let keepgate write the default server, or say it in the machine's own
one and ignore this.

  listen 443 quic reuseport default_server;`,
  *check({ defaultServer, sites, features }: LintContext): Iterable<Finding> {
    if (!features.http3 || defaultServer !== 'off') return;
    for (const { expanded } of sites) {
      if (!expanded.options.http3) continue;
      yield {
        message: `nothing of keepgate's opens the QUIC socket with reuseport, so HTTP/3 fails with several workers; let nginx.defaultServer be refuse`,
        help: `Or say it in the machine's own default server: listen ${expanded.options.listen.https} quic reuseport default_server;`,
        at: { site: expanded, path: ['http3'] },
      };
    }
  },
};
