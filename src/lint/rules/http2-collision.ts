import type { Finding, LintContext, Rule } from '../rule.ts';
import { http2Clashes, meetingOf, otherPlace } from '../shared-sockets.ts';

/** Before 1.25.1 HTTP/2 is a word of `listen`. */
export const http2Collision: Rule = {
  code: 'http2-collision',
  severity: 'error',
  title: 'sites that share a socket agree on HTTP/2',
  page: `Before nginx 1.25.1 HTTP/2 is switched on by a word of "listen", which holds for the address and port and so for every site
there: a site with http2: false would speak it nevertheless. Give the sites the same http2, or let one of them listen on an
address or port of its own, or use nginx 1.25.1 or later.

  defaults: {http2: true}               # the same for all`,
  *check(context: LintContext): Iterable<Finding> {
    for (const { party, other, words } of http2Clashes(meetingOf(context), context))
      yield {
        message: `${words}; make them the same`,
        at: { site: party.expanded, path: ['http2'] },
        related: otherPlace(other, `http2 of ${other.name}`, ['http2']),
      };
  },
};
