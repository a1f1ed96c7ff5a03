/** Sites that meet on a socket, whichever spec they are from, and what nginx has once for it. */
import { type Claim, type Neighbour, specInWords } from '../model/claims.ts';
import type { ExpandedSite } from '../model/expand.ts';
import type { Path } from '../spec/document.ts';
import type { Finding, LintedSite } from './rule.ts';

/** A site of this spec, or of another one on the same machine, which has no place that could be shown. */
export interface Party {
  /** As messages name it. */
  readonly name: string;
  readonly claim: Claim;
  readonly expanded?: ExpandedSite;
}

export const partyOf = ({ site, expanded, claim }: LintedSite): Party => ({ name: `"${site.name}"`, claim, expanded });

export const neighbourAsParty = ({ site, spec, claim }: Neighbour): Party => ({
  name: `"${site}" (of ${specInWords(spec)})`,
  claim,
});

/** Every socket of a site, and what is spoken there. */
export function socketsOf({ http, https }: Claim): { readonly socket: string; readonly scheme: 'http' | 'https' }[] {
  return [
    ...http.map((socket) => ({ socket, scheme: 'http' as const })),
    ...https.map((socket) => ({ socket, scheme: 'https' as const })),
  ];
}

/** The other side's place, where it has one. */
export function otherPlace({ expanded }: Party, message: string, path: Path): NonNullable<Finding['related']> {
  return expanded ? [{ message, at: { site: expanded, path } }] : [];
}

interface Disagreement {
  readonly linted: LintedSite;
  /** The first site of the socket. */
  readonly other: Party;
  /** Such as `443` or `192.0.2.1:443`. */
  readonly socket: string;
}

/** Of each site that differs from the first of one of its HTTPS sockets, the first such socket. */
export function* disagreements(
  sites: readonly LintedSite[],
  others: readonly Neighbour[],
  property: (claim: Claim) => unknown,
): Iterable<Disagreement> {
  const owners = new Map<string, Party>();
  const note = (party: Party): void => {
    for (const socket of party.claim.https) if (!owners.has(socket)) owners.set(socket, party);
  };
  for (const other of others) note(neighbourAsParty(other));
  for (const linted of sites) {
    const { claim } = linted;
    const socket = claim.https.find((at) => property(owners.get(at)?.claim ?? claim) !== property(claim));
    const other = socket === undefined ? undefined : owners.get(socket);
    note(partyOf(linted));
    if (socket !== undefined && other) yield { linted, other, socket };
  }
}
