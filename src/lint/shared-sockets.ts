/** Sites that meet on a socket, whichever spec they are from, and what nginx has once for it: for rules, and for sites that come back. */
import { type Claim, type Neighbour, specInWords } from '../model/claims.ts';
import type { ExpandedSite } from '../model/expand.ts';
import type { NginxFeatures } from '../model/nginx-features.ts';
import type { Target } from '../model/target.ts';
import type { Path } from '../spec/document.ts';
import type { Finding, LintContext, LintedSite } from './rule.ts';

/** A site of this spec, or of another one on the same machine, which has no place that could be shown. */
export interface Party {
  /** As messages name it. */
  readonly name: string;
  readonly claim: Claim;
  readonly expanded?: ExpandedSite;
}

/** A site of this spec. */
type OwnParty = Required<Party>;

export const partyOf = ({ site, expanded, claim }: LintedSite): OwnParty => ({
  name: `"${site.name}"`,
  claim,
  expanded,
});

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

/** Sites of which no two may have the same, or different things, on one socket. */
export interface Meeting<P extends Party> {
  readonly parties: readonly P[];
  /** They were there before. */
  readonly others: readonly Party[];
}

/** Each host that an earlier site has on the same socket. nginx only warns about it, so its test would not say it. */
export function* hostClashes<P extends Party>({ parties, others }: Meeting<P>) {
  const owners = new Map<string, Party | P>();
  const keysOf = ({ claim }: Party, host: string): string[] =>
    socketsOf(claim).map(({ socket }) => `${socket} ${host}`);
  for (const party of others)
    for (const host of party.claim.hosts) for (const key of keysOf(party, host)) owners.set(key, party);
  for (const party of parties) {
    for (const host of party.claim.hosts) {
      const keys = keysOf(party, host);
      const other = keys.map((key) => owners.get(key)).find((owner) => owner !== undefined);
      for (const key of keys) if (!owners.has(key)) owners.set(key, party);
      if (other !== undefined) yield { party, other, host };
    }
  }
}

/** Of each site the first socket that speaks TLS for it and not for an earlier one, or the other way round; the other may be itself. */
export function* schemeClashes<P extends Party>({ parties, others }: Meeting<P>) {
  const uses = new Map<string, { readonly party: Party | P; readonly scheme: 'http' | 'https' }>();
  for (const party of others)
    for (const { socket, scheme } of socketsOf(party.claim)) uses.set(socket, { party, scheme });
  for (const party of parties) {
    const clash = socketsOf(party.claim).find(({ socket, scheme }) => {
      const use = uses.get(socket);
      if (!use) uses.set(socket, { party, scheme });
      return use !== undefined && use.scheme !== scheme;
    });
    const other = clash && uses.get(clash.socket);
    if (clash && other) yield { party, ...clash, other: other.party, otherScheme: other.scheme };
  }
}

export interface Reader {
  readonly features: NginxFeatures;
  readonly target: Target;
}

/** Sites with another TLS profile than the first of their socket. */
export function* profileClashes<P extends Party>(meeting: Meeting<P>, { features, target }: Reader) {
  if (features.protocolsPerServer) return;
  for (const { party, other, socket } of disagreements(meeting, ({ profile }) => profile)) {
    const words = `the TLS profile ${party.claim.profile} of ${party.name} and ${other.claim.profile} of ${other.name} can't share ${socket}`;
    yield { party, other, words: `${words}: nginx ${target.version} has one for the socket` };
  }
}

/** Sites that differ in HTTP/2 from the first of their socket. */
export function* http2Clashes<P extends Party>(meeting: Meeting<P>, { features, target }: Reader) {
  if (features.http2Directive) return;
  for (const { party, other, socket } of disagreements(meeting, ({ http2 }) => http2)) {
    const words = `http2: ${party.claim.http2} of ${party.name} and ${other.claim.http2} of ${other.name} can't share ${socket}`;
    yield { party, other, words: `${words}: nginx ${target.version} has one for the socket` };
  }
}

/** Of each site that differs from the first of one of its HTTPS sockets, the first such socket. */
function* disagreements<P extends Party>({ parties, others }: Meeting<P>, property: (claim: Claim) => unknown) {
  const owners = new Map<string, Party>();
  const note = (party: Party): void => {
    for (const socket of party.claim.https) if (!owners.has(socket)) owners.set(socket, party);
  };
  for (const other of others) note(other);
  for (const party of parties) {
    const { claim } = party;
    const socket = claim.https.find((at) => property(owners.get(at)?.claim ?? claim) !== property(claim));
    const other = socket === undefined ? undefined : owners.get(socket);
    note(party);
    if (socket !== undefined && other) yield { party, other, socket };
  }
}

/** Of what a rule looks at. */
export const meetingOf = ({ sites, others }: Pick<LintContext, 'sites' | 'others'>): Meeting<OwnParty> => ({
  parties: sites.map(partyOf),
  others: others.map(neighbourAsParty),
});
