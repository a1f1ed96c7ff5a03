import type { Finding, LintContext, Rule } from '../rule.ts';
import { meetingOf, otherPlace, profileClashes } from '../shared-sockets.ts';

/** Before 1.29.2 the TLS versions of a socket are those of its default server. */
export const tlsProfileCollision: Rule = {
  code: 'tls-profile-collision',
  severity: 'error',
  title: 'sites that share a socket have the same TLS profile',
  page: `Before nginx 1.29.2 the TLS versions of an address and port are those of its default server, whatever each site says: a
"modern" site beside an "intermediate" one would be spoken to over TLS 1.2, or the other way round. Give the sites the
same profile, or let one of them listen on an address of its own, or use nginx 1.29.2 or later.

  sites:
    a: {tls: {profile: modern}, listen: {addresses: [192.0.2.1]}, …}
    b: {tls: {profile: intermediate}, listen: {addresses: [192.0.2.2]}, …}`,
  *check(context: LintContext): Iterable<Finding> {
    for (const { party, other, words } of profileClashes(meetingOf(context), context))
      yield {
        message: `${words}; make them the same`,
        at: { site: party.expanded, path: ['tls', 'profile'] },
        related: otherPlace(other, `the profile of ${other.name}`, ['tls', 'profile']),
      };
  },
};
