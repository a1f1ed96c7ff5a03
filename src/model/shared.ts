/** The file that all sites share: what belongs to a socket or to nginx as a whole, not to a site. */
import type { Claim, MachineSettings } from './claims.ts';
import type { NginxFeatures } from './nginx-features.ts';
import { sessionsOf } from './sessions.ts';
import type { ListenSocket, RefusingServer, Shared } from './site.ts';
import { certificateFiles } from './store-paths.ts';
import { tlsProfile } from './tls-profiles.ts';

/** The same for the same sites, in whatever order they come and whichever specs they are from. */
export function sharedOf(claims: readonly Claim[], settings: MachineSettings, features: NginxFeatures): Shared {
  const { defaultServer = 'refuse', store = '' } = settings;
  return {
    hidesUpgrade: !features.dropsUpgrade,
    refuseHttp: defaultServer === 'refuse' ? [...new Set(claims.flatMap(({ http }) => http))].sort() : [],
    refuseHttps: defaultServer === 'off' ? [] : refusingServers(claims, store, features),
    ...hashSizes(claims.flatMap(({ hosts }) => hosts)),
  };
}

/**
 * One server for all sockets with the same TLS settings: before 1.29.2 those of the default server hold for the whole socket.
 * OpenSSL takes sessions from there too, whatever server a client asks for.
 */
function refusingServers(claims: readonly Claim[], store: string, features: NginxFeatures): RefusingServer[] {
  const claimed = new Set<string>();
  const groups = new Map<string, RefusingServer & { listen: ListenSocket[]; quic: string[] }>();
  // Not in the order of the spec, which must not matter: of two profiles on one socket, intermediate is the one.
  const ordered = [...claims].sort((a, b) => (a.profile < b.profile ? -1 : Number(a.profile > b.profile)));
  const http2 = new Set(features.http2Directive ? [] : claims.flatMap((claim) => (claim.http2 ? claim.https : [])));
  const asking = new Set(claims.flatMap(({ clientCa, https }) => (clientCa === null ? [] : https)));
  const groupOf = (profile: string, address: string) => {
    const asks = asking.has(address);
    const id = `${profile} ${asks}`;
    const { protocols, ciphers, groups: curves } = tlsProfile(profile, features);
    const group = groups.get(id) ?? {
      listen: [],
      quic: [],
      protocols,
      ciphers,
      groups: curves,
      sessions: sessionsOf(features, asks),
      certificate: features.rejectHandshake ? null : certificateFiles(store, '_refuse'),
    };
    groups.set(id, group);
    return group;
  };
  for (const { profile, https, http3 } of ordered) {
    for (const address of https) {
      if (claim(claimed, `tcp ${address}`))
        groupOf(profile, address).listen.push({ address, http2: http2.has(address) });
      if (http3 && features.http3 && claim(claimed, `udp ${address}`)) groupOf(profile, address).quic.push(address);
    }
  }
  const byAddress = (a: { address: string }, b: { address: string }): number => (a.address < b.address ? -1 : 1);
  return [...groups.values()].map((group) => ({
    ...group,
    listen: group.listen.sort(byAddress),
    quic: group.quic.sort(),
  }));
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
