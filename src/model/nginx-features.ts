/** What an nginx can do, decided once from its version, its OpenSSL and its modules. Templates see only the answers. */
import type { Target } from './target.ts';

export interface NginxFeatures {
  /** `http2 on` (1.25.1); before, `listen … http2`, which then belongs to the whole socket. */
  readonly http2Directive: boolean;
  /** `listen … quic` (--with-http_v3_module): since 1.25.1, for in 1.25.0 every handshake fails. */
  readonly http3: boolean;
  /** `ssl_reject_handshake` (1.19.4). */
  readonly rejectHandshake: boolean;
  /** `ssl_protocols` per server (1.29.2); before, the default server of the socket decides. */
  readonly protocolsPerServer: boolean;
  /** The hybrid key exchange X25519MLKEM768 (OpenSSL 3.5). */
  readonly postQuantumGroup: boolean;
  /** Session ticket keys rotate by themselves with a shared cache (1.23.2). */
  readonly ticketRotation: boolean;
  /**
   * A TLS session is resumed by the server that made it alone, and another one makes a handshake in full (1.29.8). Before,
   * a server that asks for client certificates refuses it (1.26.3, 1.27.4) or takes it for proof of one.
   */
  readonly sessionsPerServer: boolean;
  /** `keepalive_min_timeout` (1.27.4): idle connections outlive a reload long enough to not cut a request. */
  readonly keepaliveMinTimeout: boolean;
  /** `server … resolve` (1.27.3). */
  readonly upstreamResolve: boolean;
  /** Connections to backends are kept unless `keepalive 0` (1.29.7); before, only with `keepalive`, which takes no 0. */
  readonly keepaliveByDefault: boolean;
  /** `large_client_header_buffers` holds for HTTP/2 too (1.19.7); before, `http2_max_field_size`, of 4 kB. */
  readonly http2HeaderBuffers: boolean;
  /** A backend's `Upgrade` header is dropped where no connection is upgraded (1.31.3); before, HTTP/2 clients get it too. */
  readonly dropsUpgrade: boolean;
}

export function nginxFeatures(target: Target): NginxFeatures {
  const nginx = (since: string): boolean => atLeast(target.version, since);
  return {
    http2Directive: nginx('1.25.1'),
    http3: nginx('1.25.1') && target.modules.includes('http_v3_module'),
    rejectHandshake: nginx('1.19.4'),
    protocolsPerServer: nginx('1.29.2'),
    postQuantumGroup: atLeast(target.openssl, '3.5'),
    ticketRotation: nginx('1.23.2'),
    sessionsPerServer: nginx('1.29.8'),
    keepaliveMinTimeout: nginx('1.27.4'),
    upstreamResolve: nginx('1.27.3'),
    keepaliveByDefault: nginx('1.29.7'),
    http2HeaderBuffers: nginx('1.19.7'),
    dropsUpgrade: nginx('1.31.3'),
  };
}

/** Compares dotted versions by their numbers; a letter at the end, as in 1.1.1w, counts for nothing. */
export function atLeast(version: string, since: string): boolean {
  const [a, b] = [version, since].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
