import { hostPlace } from '../places.ts';
import type { Finding, LintContext, LintedSite, Rule } from '../rule.ts';

/** nginx only warns about a name that two servers of a socket have, and one of the sites is dead. */
export const duplicateHost: Rule = {
  code: 'duplicate-host',
  severity: 'error',
  title: 'a host belongs to one site',
  page: `Two sites list the same host name, in whatever case or file, and listen on the same port; or one list has a name twice.
nginx only warns ("conflicting server name"), serves one of the sites and ignores the other. Take the name out of one of
them. A wildcard and a name below it, such as *.example.com and api.example.com, are no duplicates: the name wins.

  sites:
    api: {hosts: [api.example.com], upstream: http://127.0.0.1:8080}
    new: {hosts: [API.example.com], upstream: http://127.0.0.1:9090}      # the same name`,
  *check({ sites }: LintContext): Iterable<Finding> {
    const owners = new Map<string, LintedSite['expanded']>();
    for (const { site, expanded } of sites) {
      const sockets = new Set([...site.listen.http, ...site.listen.https.map(({ address }) => address)]);
      for (const host of site.hosts) {
        const keys = Array.from(sockets, (socket) => `${socket} ${host}`);
        const first = keys.map((key) => owners.get(key)).find((owner) => owner !== undefined);
        for (const key of keys) if (!owners.has(key)) owners.set(key, expanded);
        if (first === undefined) continue;
        yield {
          message: `the host "${host}" belongs to the site "${first.name}" already; take it out of one of them`,
          at: hostPlace(expanded, host),
          related: [{ message: 'it is listed here too', at: hostPlace(first, host) }],
        };
      }
    }
  },
};
