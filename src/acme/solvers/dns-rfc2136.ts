/** dns-01 through dynamic updates of the zone: RFC 2136 with TSIG. */

import { KeepgateError } from '../../diagnostic.ts';
import { challengeRecordName } from '../dns/delegation.ts';
import { type Lookup, lookupThrough } from '../dns/lookup.ts';
import { dnsServer } from '../dns/server.ts';
import { readTsigKey } from '../dns/tsig-key.ts';
import { type UpdateTarget, update } from '../dns/update.ts';
import { untilVisible, type VisibilityProgress } from '../dns/visible.ts';
import type { Challenge, Rfc2136Choice, Solver } from './solver.ts';

export interface DnsOptions {
  /** `host:port`; without it, the system's. */
  readonly resolver?: string | undefined;
  /** Milliseconds until a record has to be visible: 2 minutes by default. */
  readonly timeLimit?: number | undefined;
  /** The port of the authoritative name servers: 53, but in tests. */
  readonly nameServerPort?: number | undefined;
  readonly onProgress?: ((progress: VisibilityProgress) => void) | undefined;
  /** The clock of signatures. */
  readonly now?: (() => Date) | undefined;
}

export const visibleWithin = 120_000;

/**
 * Adds and deletes `_acme-challenge` TXT records one value at a time, so that a name and its wildcard, or two orders, have
 * theirs beside each other. CNAME records are followed to where the record belongs; it has to be in the zone.
 * @throws KeepgateError tsig-key-not-usable, dns-name-outside-zone, dns-lookup-failed … (4), all but the first from its methods
 */
export function dnsRfc2136(choice: Rfc2136Choice, options: DnsOptions = {}): Solver {
  const { timeLimit = visibleWithin, nameServerPort: port, onProgress, now = () => new Date() } = options;
  const zone = choice.zone.toLowerCase().replace(/\.$/, '');
  const target: UpdateTarget = { server: dnsServer(choice.server), zone, key: readTsigKey(choice.keyFile), now };
  const lookup = lookupThrough(options.resolver);
  const places = new Map<string, Promise<string>>();
  /** Looked up once: a record is deleted where it was added. */
  const placeOf = (name: string): Promise<string> => {
    const known = places.get(name) ?? placeIn(zone, name, lookup);
    places.set(name, known);
    known.catch(() => places.delete(name));
    return known;
  };
  const change = async (action: 'add' | 'delete', { identifier, dnsValue: value }: Challenge, signal?: AbortSignal) =>
    update(target, { action, name: await placeOf(identifier.value), value }, signal);
  return {
    type: 'dns-01',
    description: `dns-01 through updates of the zone ${zone} at ${choice.server}`,
    prepare: async (names) => {
      await Promise.all(names.map((name) => placeOf(name.replace(/^\*\./, ''))));
      await update(target);
    },
    present: (challenge, signal) => change('add', challenge, signal),
    ready: async ({ identifier, dnsValue }, signal) =>
      untilVisible(await placeOf(identifier.value), dnsValue, { lookup, timeLimit, signal, port, onProgress }),
    cleanUp: (challenge, signal) => change('delete', challenge, signal),
  };
}

async function placeIn(zone: string, name: string, lookup: Lookup): Promise<string> {
  const place = await challengeRecordName(name, lookup);
  if (place === zone || place.endsWith(`.${zone}`)) return place;
  const delegated = place === `_acme-challenge.${name}` ? '' : `, where _acme-challenge.${name} leads,`;
  throw new KeepgateError(4, {
    code: 'dns-name-outside-zone',
    message: `${place}${delegated} is not in the zone ${zone}`,
    help: `Name the zone that ${name} is in, or lead there: _acme-challenge.${name}. CNAME ${name}.${zone}.`,
  });
}
