import type { Finding, LintContext, Rule } from '../rule.ts';
import { neighbourAsParty, otherPlace, type Party, partyOf, socketsOf } from '../shared-sockets.ts';

/** nginx looks for a server among those of the most specific socket alone (ngx_http_core_module, listen). */
export const specificAddressShadows: Rule = {
  code: 'specific-address-shadows',
  severity: 'warning',
  title: 'a site on one address leaves the others reachable there',
  page: `One site listens on an address of its own and another on all addresses, with the same port. nginx gives what arrives at that
address to the sites that name it, and to no others: the hosts of the other site are refused there, though its * seems to
take in every address. Let the other site name the address too, or let both listen on all. Where nobody asks for the
other hosts at that address, say so with lint.ignore.

  sites:
    a: {listen: {addresses: ["*", "[::]", 192.0.2.2]}, …}
    b: {listen: {addresses: [192.0.2.2]}, …}`,
  *check({ sites, others }: LintContext): Iterable<Finding> {
    const bySocket = new Map<string, Party[]>();
    for (const party of [...sites.map(partyOf), ...others.map(neighbourAsParty)]) {
      for (const socket of new Set(socketsOf(party.claim).map((one) => one.socket))) {
        const sharing = bySocket.get(socket);
        if (sharing) sharing.push(party);
        else bySocket.set(socket, [party]);
      }
    }
    const done = new Set<string>();
    for (const { expanded } of sites) {
      const { addresses, http, https } = expanded.options.listen;
      for (const [index, address] of addresses.entries()) {
        if (address === '*' || address === '[::]') continue;
        const fresh = [http, https].filter((port) => !done.has(`${address}:${port}`));
        for (const port of fresh) done.add(`${address}:${port}`);
        const ports = fresh.map((port) => ({ port, hidden: shadowed(bySocket, address, port) }));
        const shadowing = ports.filter(({ hidden }) => hidden.length > 0);
        const hidden = [...new Set(shadowing.flatMap((one) => one.hidden))];
        const [first] = hidden;
        if (first === undefined) continue;
        const where = shadowing.map(({ port }) => `${address}:${port}`).join(' and ');
        const more = hidden.length === 1 ? '' : ` (and ${hidden.length - 1} more)`;
        yield {
          message: `nginx gives what arrives at ${where} only to the sites that name this address, so ${first.name}${more} is not served there; add ${address} to its listen.addresses, or take it out here`,
          at: { site: expanded, path: ['listen', 'addresses', index] },
          related: otherPlace(first, 'this one listens on all addresses', ['listen', 'addresses']),
        };
      }
    }
    for (const { expanded, claim } of sites) {
      const { addresses } = expanded.options.listen;
      const over = others.map(neighbourAsParty).flatMap((other) =>
        socketsOf(other.claim).flatMap(({ socket }) => {
          const [, address = '[::]', port] = /^(.+):(\d+)$/.exec(socket) ?? [];
          const isHidden =
            address !== '[::]' && shadowed(bySocket, address, Number(port)).some((one) => one.claim === claim);
          return isHidden ? [{ name: other.name, socket, address }] : [];
        }),
      );
      const [first] = over;
      if (first === undefined) continue;
      const every = first.address.startsWith('[') ? '[::]' : '*';
      yield {
        message: `nginx gives what arrives at ${first.socket} only to the sites that name this address, such as ${first.name}, so this one is not served there; add ${first.address} to listen.addresses`,
        at: { site: expanded, path: ['listen', 'addresses', addresses.indexOf(every)] },
      };
    }
  },
};

/** The sites on all addresses that have hosts which no site on this address has. */
function shadowed(bySocket: ReadonlyMap<string, readonly Party[]>, address: string, port: number): Party[] {
  const everywhere = bySocket.get(address.startsWith('[') ? `[::]:${port}` : String(port)) ?? [];
  if (everywhere.length === 0) return [];
  const here = new Set((bySocket.get(`${address}:${port}`) ?? []).flatMap(({ claim }) => claim.hosts));
  return everywhere.filter(({ claim }) => claim.hosts.some((host) => !here.has(host)));
}
