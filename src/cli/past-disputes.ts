/** What keeps sites of before from coming back: another spec has their names or hosts by now. */
import type { Back } from '../deploy/past-specs.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { type Neighbour, neighboursIn, specInWords } from '../model/claims.ts';

const help = 'Take it out of that spec first, or go back for the whole machine: keepgate rollback --all';

export function pastDisputes({ records, restored, conflicts }: Back): Diagnostic[] {
  const back = new Set(restored.map(({ site }) => site));
  const others = neighboursIn(records).filter(({ site }) => !back.has(site));
  return [
    ...conflicts.map(
      ({ site, spec }): Diagnostic => ({
        code: 'site-of-another-spec',
        severity: 'error',
        message: `the site "${site}" belongs to ${specInWords(spec)} by now; nothing was changed`,
        help,
        site,
      }),
    ),
    ...restored.flatMap((one) =>
      others.flatMap((other): Diagnostic[] => {
        const host = sharedHost(one, other);
        if (host === undefined) return [];
        const message = `the host "${host}" of the site "${one.site}" belongs to "${other.site}" (of ${specInWords(other.spec)}) by now; nothing was changed`;
        return [{ code: 'duplicate-host', severity: 'error', message, help, site: one.site }];
      }),
    ),
  ];
}

/** nginx only warns about a name that two servers of a socket have, so its test would not say it. */
function sharedHost(a: Neighbour, b: Neighbour): string | undefined {
  const sockets = new Set([...b.claim.http, ...b.claim.https]);
  if (![...a.claim.http, ...a.claim.https].some((socket) => sockets.has(socket))) return undefined;
  return a.claim.hosts.find((host) => b.claim.hosts.includes(host));
}
