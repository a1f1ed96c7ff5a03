/** What keeps sites of before from coming back: another spec has by now what the two can't both have. */
import { isDeepStrictEqual } from 'node:util';
import type { Back } from '../deploy/past-specs.ts';
import type { Diagnostic } from '../diagnostic.ts';
import {
  hostClashes,
  http2Clashes,
  neighbourAsParty,
  profileClashes,
  type Reader,
  schemeClashes,
} from '../lint/shared-sockets.ts';
import { contradictions, type Neighbour, neighboursIn, type SpecRecords, specInWords } from '../model/claims.ts';

export interface Past {
  readonly now: SpecRecords;
  readonly then: SpecRecords;
  /** The nginx that reads the shared file; `installed`: it is the one that is installed, whatever the specs are written for. */
  readonly reader: Reader;
  readonly installed: boolean;
}

const takeOut = 'Take it out of that spec first, or go back for the whole machine: keepgate rollback --all';
const change = 'Change one of the two first, or go back for the whole machine: keepgate rollback --all';

export function pastDisputes(back: Back, past: Past): Diagnostic[] {
  return [...takenNames(back), ...clashes(back, past), ...settings(back, past)];
}

function takenNames({ conflicts }: Back): Diagnostic[] {
  return conflicts.map(({ site, spec }) => ({
    code: 'site-of-another-spec',
    severity: 'error',
    message: `the site "${site}" belongs to ${specInWords(spec)} by now; nothing was changed`,
    help: takeOut,
    site,
  }));
}

/** What two sites had side by side then, or have now, was let pass when it came: a spec can give a reason for it. */
function clashes({ records, restored }: Back, { now, then, reader }: Past): Diagnostic[] {
  const back = new Set(restored.map(({ site }) => site));
  const [isNow, wasThen] = [sameIn(now), sameIn(then)];
  const others = neighboursIn(records)
    .filter((one) => !back.has(one.site) && !wasThen(one))
    .map(neighbourAsParty);
  return restored
    .filter((one) => !isNow(one))
    .flatMap((one): Diagnostic[] => {
      const meeting = { parties: [neighbourAsParty(one)], others };
      const found = (code: string, words: string, help: string): Diagnostic => ({
        ...{ code, severity: 'error', message: `${words}; nothing was changed`, help, site: one.site },
      });
      return [
        ...[...hostClashes(meeting)].map(({ host, party, other }) =>
          found(
            'duplicate-host',
            `the host "${host}" of the site ${party.name} belongs to ${other.name} by now`,
            takeOut,
          ),
        ),
        ...[...schemeClashes(meeting)].map(({ socket, scheme, otherScheme, party, other }) => {
          const words = `${socket} is for ${scheme} in the site ${party.name} and for ${otherScheme} in ${other.name}`;
          return found('port-collision', words, change);
        }),
        ...[...profileClashes(meeting, reader)].map(({ words }) => found('tls-profile-collision', words, change)),
        ...[...http2Clashes(meeting, reader)].map(({ words }) => found('http2-collision', words, change)),
      ];
    });
}

/** Only of specs that say something else than now. */
function settings({ records }: Back, { now, installed }: Past): Diagnostic[] {
  return Object.entries(records)
    .filter(([spec, record]) => !isDeepStrictEqual(record.settings, now[spec]?.settings))
    .flatMap(([spec, { settings }]) =>
      contradictions(settings, records, { installed }).map(
        ({ setting, said, other, spec: neighbour }): Diagnostic => ({
          code: 'setting-of-another-spec',
          severity: 'error',
          message: `nginx.${setting} was ${said} in ${specInWords(spec)} and is ${other} in ${specInWords(neighbour)}; a machine has one; nothing was changed`,
          help: takeOut,
        }),
      ),
    );
}

function sameIn(records: SpecRecords): (one: Neighbour) => boolean {
  const claims = new Map(neighboursIn(records).map(({ site, claim }) => [site, claim]));
  return ({ site, claim }) => isDeepStrictEqual(claims.get(site), claim);
}
