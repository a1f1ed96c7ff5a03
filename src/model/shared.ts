/** The file that all sites share: what belongs to a socket or to nginx as a whole, not to a site. */
import type { Claim, MachineSettings } from './claims.ts';
import type { NginxFeatures } from './nginx-features.ts';
import type { ListenSocket, RefusingServer, Sessions, Shared } from './site.ts';
import { certificateFiles } from './store-paths.ts';
import { tlsProfile } from './tls-profiles.ts';

/** The same for the same sites, in whatever order they come and whichever specs they are from. */
export function sharedOf(claims: readonly Claim[], settings: MachineSettings, features: NginxFeatures): Shared {
  const { defaultServer = 'refuse', store = '' } = settings;
  return {
    refuseHttp: defaultServer === 'refuse' ? [...new Set(claims.flatMap(({ http }) => http))].sort() : [],
    refuseHttps: defaultServer === 'off' ? [] : refusingServers(claims, store, features),
    ...hashSizes(claims.flatMap(({ hosts }) => hosts)),
  };
}

/** `carried`: a session made with one server could be taken to another whose clients have to show a certificate. */
export function sessions(features: NginxFeatures, carried: boolean): Sessions {
  if (carried) return { cache: 'off', tickets: false };
  return { cache: 'shared:keepgate_10m:10m', tickets: features.ticketRotation };
}

/** One server for all sockets with the same TLS settings: before 1.29.2 those of the default server hold for the whole socket. */
function refusingServers(claims: readonly Claim[], store: string, features: NginxFeatures): RefusingServer[] {
  const claimed = new Set<string>();
  const groups = new Map<string, RefusingServer & { listen: ListenSocket[]; quic: string[] }>();
  // A session made without a client's certificate opens nothing; one made with it, the sites of other CAs too.
  const authorities = new Set(claims.flatMap(({ clientCa }) => clientCa ?? []));
  const carried = !features.sessionsPerServer && authorities.size > 1;
  // Not in the order of the spec, which must not matter: of two profiles on one socket, intermediate is the one.
  const ordered = [...claims].sort((a, b) => (a.profile < b.profile ? -1 : Number(a.profile > b.profile)));
  const http2 = new Set(features.http2Directive ? [] : claims.flatMap((claim) => (claim.http2 ? claim.https : [])));
  for (const { profile, https, http3 } of ordered) {
    const { protocols, ciphers, groups: curves } = tlsProfile(profile, features);
    const group = groups.get(profile) ?? {
      listen: [],
      quic: [],
      protocols,
      ciphers,
      groups: curves,
      // OpenSSL takes sessions and tickets from the default server, whatever server a client asks for.
      sessions: sessions(features, carried),
      certificate: features.rejectHandshake ? null : certificateFiles(store, '_refuse'),
    };
    groups.set(profile, group);
    for (const address of https) {
      if (claim(claimed, `tcp ${address}`)) group.listen.push({ address, http2: http2.has(address) });
      if (http3 && features.http3 && claim(claimed, `udp ${address}`)) group.quic.push(address);
    }
  }
  const byAddress = (a: { address: string }, b: { address: string }): number => (a.address < b.address ? -1 : 1);
  return [...groups.values()]
    .filter(({ listen, quic }) => listen.length + quic.length > 0)
    .map((group) => ({ ...group, listen: group.listen.sort(byAddress), quic: group.quic.sort() }));
}

function claim(claimed: Set<string>, socket: string): boolean {
  const free = !claimed.has(socket);
  claimed.add(socket);
  return free;
}

/**
 * `server_names_hash_*`, only where nginx's own sizes are too small: a name takes its length and two bytes, rounded up to
 * pointers, and two pointers of a bucket.
 */
function hashSizes(names: readonly string[]): Pick<Shared, 'namesHashBucketSize' | 'namesHashMaxSize'> {
  const longest = names.reduce((most, { length }) => Math.max(most, length), 0);
  const needed = 16 + Math.ceil((longest + 2) / 8) * 8;
  const many = names.length > 200;
  const bucket = [64, 128, 256, 512].find((size) => size >= needed) ?? 512;
  return {
    namesHashBucketSize: many || bucket > 64 ? Math.max(bucket, 128) : null,
    namesHashMaxSize: many ? 2 ** Math.ceil(Math.log2(names.length * 2)) : null,
  };
}
