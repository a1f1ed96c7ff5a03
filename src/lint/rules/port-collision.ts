import type { Finding, LintContext, Rule } from '../rule.ts';
import { neighbourAsParty, otherPlace, type Party, partyOf, socketsOf } from '../shared-sockets.ts';

type Use = { readonly party: Party; readonly scheme: 'http' | 'https' };

/** A socket speaks TLS or it doesn't. */
export const portCollision: Rule = {
  code: 'port-collision',
  severity: 'error',
  ignorable: false,
  title: 'a port is for http or for https',
  page: `The same address and port is used for http and for https, by one site or by two. A socket of nginx speaks TLS for all of its
servers or for none. Give one of them another port.

  listen: {http: 80, https: 443}        # these are the defaults`,
  *check({ sites, others }: LintContext): Iterable<Finding> {
    const uses = new Map<string, Use>();
    for (const party of others.map(neighbourAsParty))
      for (const { socket, scheme } of socketsOf(party.claim)) uses.set(socket, { party, scheme });
    for (const linted of sites) {
      const party = partyOf(linted);
      const clash = socketsOf(linted.claim).find(({ socket, scheme }) => {
        const use = uses.get(socket);
        if (!use) uses.set(socket, { party, scheme });
        return use !== undefined && use.scheme !== scheme;
      });
      const other = clash && uses.get(clash.socket);
      if (!clash || !other) continue;
      const where = other.party.expanded === linted.expanded ? ' too' : ` of the site ${other.party.name}`;
      yield {
        message: `${clash.socket} is for ${clash.scheme} here and for ${other.scheme}${where}; give one of them another port`,
        at: { site: linted.expanded, path: ['listen', clash.scheme] },
        related: otherPlace(other.party, `for ${other.scheme} here`, ['listen', other.scheme]),
      };
    }
  },
};
