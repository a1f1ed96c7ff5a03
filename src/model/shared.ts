/** The file that all sites share: what belongs to a socket or to nginx as a whole, not to a site. */
import type { NginxFeatures } from './nginx-features.ts';
import { sessionsOf } from './sessions.ts';
import type { ListenSocket, RefusingServer, Shared, Site, Tls } from './site.ts';
import { certificateFiles } from './store-paths.ts';

export interface SharedOptions {
  readonly features: NginxFeatures;
  /** On which sockets unknown hosts are refused: on all, on those with TLS, or on none. */
  readonly refuse: 'refuse' | 'https' | 'off';
  readonly store: string;
}

export function sharedOf(sites: readonly Site[], options: SharedOptions): Shared {
  const names = sites.flatMap(({ hosts }) => hosts);
  return {
    hidesUpgrade: !options.features.dropsUpgrade,
    refuseHttp: options.refuse === 'refuse' ? [...new Set(sites.flatMap(({ listen }) => listen.http))].sort() : [],
    refuseHttps: options.refuse === 'off' ? [] : refusingServers(sites, options),
    ...hashSizes(names),
  };
}

/**
 * One server for all sockets with the same TLS settings: before 1.29.2 those of the default server hold for the whole socket.
 * OpenSSL takes sessions from there too, whatever server a client asks for.
 */
function refusingServers(sites: readonly Site[], { features, store }: SharedOptions): RefusingServer[] {
  const claimed = new Set<string>();
  const groups = new Map<string, RefusingServer & { listen: ListenSocket[]; quic: string[] }>();
  // Not in the order of the spec, which must not matter: of two profiles on one socket, intermediate is the one.
  const ordered = [...sites].sort((a, b) => (a.tls.name < b.tls.name ? -1 : Number(a.tls.name > b.tls.name)));
  const http2 = new Set(sites.flatMap(({ listen }) => listen.https.filter((socket) => socket.http2).map(addressOf)));
  const asking = new Set(sites.flatMap(({ tls, listen }) => (tls.clientAuth ? listen.https.map(addressOf) : [])));
  const groupOf = ({ name, protocols, ciphers, groups: curves }: Tls, address: string) => {
    const asks = asking.has(address);
    const id = `${name} ${asks}`;
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
  for (const { tls, listen } of ordered) {
    for (const { address } of listen.https)
      if (claim(claimed, `tcp ${address}`)) groupOf(tls, address).listen.push({ address, http2: http2.has(address) });
    for (const address of listen.quic) if (claim(claimed, `udp ${address}`)) groupOf(tls, address).quic.push(address);
  }
  const byAddress = (a: { address: string }, b: { address: string }): number => (a.address < b.address ? -1 : 1);
  return [...groups.values()].map((group) => ({
    ...group,
    listen: group.listen.sort(byAddress),
    quic: group.quic.sort(),
  }));
}

function addressOf({ address }: ListenSocket): string {
  return address;
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
