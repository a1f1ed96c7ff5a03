import type { Finding, LintContext, LintedSite, Rule } from '../rule.ts';

type Use = { readonly linted: LintedSite; readonly scheme: 'http' | 'https' };

/** A socket speaks TLS or it doesn't. */
export const portCollision: Rule = {
  code: 'port-collision',
  severity: 'error',
  ignorable: false,
  title: 'a port is for http or for https',
  page: `The same address and port is used for http and for https, by one site or by two. A socket of nginx speaks TLS for all of its
servers or for none. Give one of them another port.

  listen: {http: 80, https: 443}        # these are the defaults`,
  *check({ sites }: LintContext): Iterable<Finding> {
    const uses = new Map<string, Use>();
    for (const linted of sites) {
      const { site, expanded } = linted;
      const sockets = [
        ...site.listen.http.map((socket) => ({ socket, scheme: 'http' as const })),
        ...site.listen.https.map(({ address }) => ({ socket: address, scheme: 'https' as const })),
      ];
      const clash = sockets.find(({ socket, scheme }) => {
        const use = uses.get(socket);
        if (!use) uses.set(socket, { linted, scheme });
        return use !== undefined && use.scheme !== scheme;
      });
      const other = clash && uses.get(clash.socket);
      if (!clash || !other) continue;
      const where = other.linted === linted ? ' too' : ` of the site "${other.linted.site.name}"`;
      yield {
        message: `${clash.socket} is for ${clash.scheme} here and for ${other.scheme}${where}; give one of them another port`,
        at: { site: expanded, path: ['listen', clash.scheme] },
        related: [
          { message: `for ${other.scheme} here`, at: { site: other.linted.expanded, path: ['listen', other.scheme] } },
        ],
      };
    }
  },
};
