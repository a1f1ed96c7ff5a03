import type { Finding, LintContext, Rule } from '../rule.ts';

/** nginx only warns about a name that two servers of a socket have, and one of the sites is dead. */
export const duplicateHost: Rule = {
  code: 'duplicate-host',
  severity: 'error',
  title: 'a host belongs to one site',
  page: `Two sites list the same host name, in whatever case or file, and listen on the same port. nginx only warns
("conflicting server name"), serves one of them and ignores the other. Take the name out of one of the sites.`,
  *check({ sites }: LintContext): Iterable<Finding> {
    const owners = new Map<string, { expanded: (typeof sites)[number]['expanded']; index: number }>();
    for (const { site, expanded } of sites) {
      for (const [index, host] of site.hosts.entries()) {
        for (const socket of [...site.listen.http, ...site.listen.https.map(({ address }) => address)]) {
          const id = `${host} ${socket}`;
          const first = owners.get(id);
          if (first === undefined) owners.set(id, { expanded, index });
          else if (first.expanded !== expanded) {
            yield {
              message: `the host "${host}" belongs to the site "${first.expanded.name}" already; take it out of one of them`,
              at: { site: expanded, path: ['hosts', index] },
              related: [
                { message: 'it is listed here too', at: { site: first.expanded, path: ['hosts', first.index] } },
              ],
            };
            break;
          }
        }
      }
    }
  },
};
