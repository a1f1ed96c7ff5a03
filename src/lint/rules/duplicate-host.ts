import { hostPlace } from '../places.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';
import { hostClashes, meetingOf } from '../shared-sockets.ts';

/** nginx only warns about a name that two servers of a socket have, and one of the sites is dead. */
export const duplicateHost: Rule = {
  code: 'duplicate-host',
  severity: 'error',
  title: 'a host belongs to one site',
  page: `Two sites list the same host name, in whatever case or file, and listen on the same port; or one list has a name twice.
nginx only warns ("conflicting server name"), serves one of the sites and ignores the other. Take the name out of one of
them. A wildcard and a name below it, such as *.example.com and api.example.com, are no duplicates: the name wins.
Where a spec is installed, the sites of the machine's other specs count too.

  sites:
    api: {hosts: [api.example.com], upstream: http://127.0.0.1:8080}
    new: {hosts: [API.example.com], upstream: http://127.0.0.1:9090}      # the same name`,
  *check(context: LintContext): Iterable<Finding> {
    for (const { party, other, host } of hostClashes(meetingOf(context))) {
      const at = hostPlace(party.expanded, host);
      const message = `the host "${host}" belongs to the site ${other.name} already; take it out of one of them`;
      if (other.expanded === undefined) yield { message, help: takeOver, at };
      else yield { message, at, related: [{ message: 'it is listed here too', at: hostPlace(other.expanded, host) }] };
    }
  },
};

const takeOver =
  "If this spec replaces that site, take that one out first: keepgate remove SITE. If it replaces all of the other spec's: keepgate apply --adopt SPEC";
