/** Sites on one socket that differ in what nginx has once for the socket. */
import type { Site } from '../model/site.ts';
import type { LintedSite } from './rule.ts';

interface Disagreement {
  readonly linted: LintedSite;
  /** The first site of the socket. */
  readonly other: LintedSite;
  /** Such as `443` or `192.0.2.1:443`. */
  readonly socket: string;
}

/** Of each site that differs from the first of one of its HTTPS sockets, the first such socket. */
export function* disagreements(
  sites: readonly LintedSite[],
  property: (site: Site) => unknown,
): Iterable<Disagreement> {
  const owners = new Map<string, LintedSite>();
  for (const linted of sites) {
    const sockets = linted.site.listen.https.map(({ address }) => address);
    const socket = sockets.find((address) => property((owners.get(address) ?? linted).site) !== property(linted.site));
    for (const address of sockets) if (!owners.has(address)) owners.set(address, linted);
    const other = socket === undefined ? undefined : owners.get(socket);
    if (socket !== undefined && other) yield { linted, other, socket };
  }
}
