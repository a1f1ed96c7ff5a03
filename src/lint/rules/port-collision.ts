import type { Finding, LintContext, Rule } from '../rule.ts';
import { meetingOf, otherPlace, schemeClashes } from '../shared-sockets.ts';

/** A socket speaks TLS or it doesn't. */
export const portCollision: Rule = {
  code: 'port-collision',
  severity: 'error',
  ignorable: false,
  title: 'a port is for http or for https',
  page: `The same address and port is used for http and for https, by one site or by two. A socket of nginx speaks TLS for all of its
servers or for none. Give one of them another port.

  listen: {http: 80, https: 443}        # these are the defaults`,
  *check(context: LintContext): Iterable<Finding> {
    for (const { party, other, socket, scheme, otherScheme } of schemeClashes(meetingOf(context))) {
      const where = other === party ? ' too' : ` of the site ${other.name}`;
      yield {
        message: `${socket} is for ${scheme} here and for ${otherScheme}${where}; give one of them another port`,
        at: { site: party.expanded, path: ['listen', scheme] },
        related: otherPlace(other, `for ${otherScheme} here`, ['listen', otherScheme]),
      };
    }
  },
};
