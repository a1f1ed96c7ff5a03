import type { Finding, LintContext, Rule } from '../rule.ts';

/** Requests leave the machine in clear. */
export const plainRemoteBackend: Rule = {
  code: 'plain-remote-backend',
  severity: 'warning',
  title: 'what leaves the machine is encrypted',
  page: `TLS ends at nginx, and the request goes on to another machine over plain HTTP: who can read that network reads every
password, token and document, and can change the answers. Use https:// (the backend's certificate is then verified), run
nginx on the backend's own machine, or lead the connection through a tunnel such as WireGuard. Where the link is private
already, a container's own network for one, say so:

  lint: {ignore: [{code: plain-remote-backend, reason: "a network of these two containers alone"}]}`,
  *check({ sites, machine }: LintContext): Iterable<Finding> {
    for (const { backends } of sites) {
      for (const { scheme, host, at } of backends) {
        if (scheme === 'https' || machine.is(host)) continue;
        yield {
          message: `requests go to "${host}" in clear, so who can read the network reads tokens and passwords; use https:// or a tunnel`,
          help: 'Where the link is private, ignore it below lint.ignore with that reason.',
          at,
        };
      }
    }
  },
};
