/** The file that all sites share: what belongs to a socket or to nginx as a whole, not to a site. */
import type { NginxFeatures } from './nginx-features.ts';
import type { ListenSocket, RefusingServer, Sessions, Shared, Site } from './site.ts';
import { certificateFiles } from './store-paths.ts';

export interface SharedOptions {
  readonly features: NginxFeatures;
  /** On which sockets unknown hosts are refused: on all, on those with TLS, or on none. */
  readonly refuse: 'refuse' | 'https' | 'off';
  /** Those of the sockets: OpenSSL takes sessions and tickets from the default server, whatever server a client asks for. */
  readonly sessions: Sessions;
  readonly store: string;
}

export function sharedOf(sites: readonly Site[], options: SharedOptions): Shared {
  const names = sites.flatMap(({ hosts }) => hosts);
  return {
    refuseHttp: options.refuse === 'refuse' ? [...new Set(sites.flatMap(({ listen }) => listen.http))].sort() : [],
    refuseHttps: options.refuse === 'off' ? [] : refusingServers(sites, options),
    ...hashSizes(names),
  };
}

/** One server for all sockets with the same TLS settings: before 1.29.2 those of the default server hold for the whole socket. */
function refusingServers(sites: readonly Site[], { features, sessions, store }: SharedOptions): RefusingServer[] {
  const claimed = new Set<string>();
  const groups = new Map<string, RefusingServer & { listen: ListenSocket[]; quic: string[] }>();
  // Not in the order of the spec, which must not matter: of two profiles on one socket, intermediate is the one.
  const ordered = [...sites].sort((a, b) => (a.tls.name < b.tls.name ? -1 : Number(a.tls.name > b.tls.name)));
  const http2 = new Set(sites.flatMap(({ listen }) => listen.https.filter((socket) => socket.http2).map(addressOf)));
  for (const { tls, listen } of ordered) {
    const group = groups.get(tls.name) ?? {
      listen: [],
      quic: [],
      protocols: tls.protocols,
      ciphers: tls.ciphers,
      groups: tls.groups,
      sessions,
      certificate: features.rejectHandshake ? null : certificateFiles(store, '_refuse'),
    };
    groups.set(tls.name, group);
    for (const { address } of listen.https)
      if (claim(claimed, `tcp ${address}`)) group.listen.push({ address, http2: http2.has(address) });
    for (const address of listen.quic) if (claim(claimed, `udp ${address}`)) group.quic.push(address);
  }
  const byAddress = (a: { address: string }, b: { address: string }): number => (a.address < b.address ? -1 : 1);
  return [...groups.values()]
    .filter(({ listen, quic }) => listen.length + quic.length > 0)
    .map((group) => ({ ...group, listen: group.listen.sort(byAddress), quic: group.quic.sort() }));
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
