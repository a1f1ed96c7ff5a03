import { hostPlace } from '../places.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';
import { neighbourAsParty, type Party, partyOf, socketsOf } from '../shared-sockets.ts';

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
  *check({ sites, others }: LintContext): Iterable<Finding> {
    const owners = new Map<string, Party>();
    const keysOf = ({ claim }: Party, host: string): string[] =>
      socketsOf(claim).map(({ socket }) => `${socket} ${host}`);
    for (const party of others.map(neighbourAsParty))
      for (const host of party.claim.hosts) for (const key of keysOf(party, host)) owners.set(key, party);
    for (const linted of sites) {
      const party = partyOf(linted);
      for (const host of linted.claim.hosts) {
        const keys = keysOf(party, host);
        const first = keys.map((key) => owners.get(key)).find((owner) => owner !== undefined);
        for (const key of keys) if (!owners.has(key)) owners.set(key, party);
        if (first === undefined) continue;
        const at = hostPlace(linted.expanded, host);
        const message = `the host "${host}" belongs to the site ${first.name} already; take it out of one of them`;
        if (first.expanded === undefined) yield { message, help: takeOver, at };
        else
          yield { message, at, related: [{ message: 'it is listed here too', at: hostPlace(first.expanded, host) }] };
      }
    }
  },
};

const takeOver =
  "If this spec replaces that site, take that one out first: keepgate remove SITE. If it replaces all of the other spec's: keepgate apply --adopt SPEC";
