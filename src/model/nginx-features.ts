/** What an nginx can do, decided once from its version, its OpenSSL and its modules. Templates see only the answers. */
import type { Target } from './target.ts';

export interface NginxFeatures {
  /** HTTP/2 at all (--with-http_v2_module). */
  readonly http2: boolean;
  /** `http2 on` (1.25.1); before, `listen … http2`, which then belongs to the whole socket. */
  readonly http2Directive: boolean;
  /** `listen … quic` (--with-http_v3_module): since 1.25.1, for in 1.25.0 every handshake fails. */
  readonly http3: boolean;
  /** `ssl_reject_handshake` (1.19.4). */
  readonly rejectHandshake: boolean;
  /** `ssl_protocols` per server (1.29.2); before, the default server of the socket decides. */
  readonly protocolsPerServer: boolean;
  /** The hybrid key exchange X25519MLKEM768 (OpenSSL 3.5, BoringSSL). */
  readonly postQuantumGroup: boolean;
  /** Session ticket keys rotate by themselves with a shared cache (1.23.2). */
  readonly ticketRotation: boolean;
  /**
   * A TLS session is resumed by the server that made it alone, and another one makes a handshake in full (1.29.8). Before,
   * a server that asks for client certificates refuses it (1.26.3, 1.27.4) or takes it for proof of one.
   */
  readonly sessionsPerServer: boolean;
  /** `keepalive_min_timeout` (1.27.4, not in Angie): idle connections outlive a reload long enough to not cut a request. */
  readonly keepaliveMinTimeout: boolean;
  /** `server … resolve` (1.27.3), which needs a `zone`. */
  readonly upstreamResolve: boolean;
  /** Connections to backends are kept unless `keepalive 0` (1.29.7); before, and in Angie, only with `keepalive`, which takes no 0. */
  readonly keepaliveByDefault: boolean;
  /** `large_client_header_buffers` holds for HTTP/2 too (1.19.7); before, `http2_max_field_size`, of 4 kB. */
  readonly http2HeaderBuffers: boolean;
  /** `gzip` (--without-http_gzip_module takes it away). */
  readonly gzip: boolean;
  /** `keepalive` of an upstream (--without-http_upstream_keepalive_module). */
  readonly upstreamKeepalive: boolean;
  /** `zone` of an upstream (--without-http_upstream_zone_module). */
  readonly upstreamZone: boolean;
  /** A backend's `Upgrade` header is dropped where no connection is upgraded (1.31.3); before, HTTP/2 clients get it too. */
  readonly dropsUpgrade: boolean;
}

/** The oldest nginx that files are rendered for. */
export const oldestNginx = '1.18.0';
/** Of a later one it is not known what is new in it. */
export const newestKnown = '1.31';
/** freenginx left nginx's way there: later ones have the same syntax. */
const newestOfFreenginx = '1.26.0';

export function nginxFeatures(target: Target): NginxFeatures {
  const version = isFork(target, 'freenginx') ? earlier(target.version, newestOfFreenginx) : target.version;
  const nginx = (since: string): boolean => atLeast(version, since);
  const mayHave = (module: string): boolean => target.modules?.includes(module) ?? true;
  const has = (module: string): boolean => !target.without?.includes(module);
  const upstreamZone = has('http_upstream_zone_module');
  const upstreamKeepalive = has('http_upstream_keepalive_module');
  return {
    http2: mayHave('http_v2_module'),
    http2Directive: nginx('1.25.1'),
    http3: nginx('1.25.1') && mayHave('http_v3_module'),
    rejectHandshake: nginx('1.19.4'),
    protocolsPerServer: nginx('1.29.2'),
    postQuantumGroup: target.openssl === 'BoringSSL' || atLeast(target.openssl, '3.5'),
    ticketRotation: nginx('1.23.2'),
    sessionsPerServer: nginx('1.29.8'),
    keepaliveMinTimeout: nginx('1.27.4') && !isFork(target, 'Angie'),
    upstreamResolve: nginx('1.27.3') && upstreamZone,
    keepaliveByDefault: nginx('1.29.7') && upstreamKeepalive && !isFork(target, 'Angie'),
    http2HeaderBuffers: nginx('1.19.7'),
    gzip: has('http_gzip_module'),
    upstreamKeepalive,
    upstreamZone,
    dropsUpgrade: nginx('1.31.3'),
  };
}

export function isFork({ fork }: Target, name: 'Angie' | 'freenginx' | 'OpenResty' | 'Tengine'): boolean {
  return fork?.startsWith(`${name}/`) ?? false;
}

const earlier = (a: string, b: string): string => (atLeast(a, b) ? b : a);

/** Compares dotted versions by their numbers; a letter at the end, as in 1.1.1w, counts for nothing. */
export function atLeast(version: string, since: string): boolean {
  const [a, b] = [version, since].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
