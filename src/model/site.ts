/**
 * What templates see. Nothing is left to decide: no field is optional, `null` and empty lists say "not there", and each
 * string is one whole nginx token, already safe in its meaning (quoting is the renderer's).
 */
import type { TlsProfile } from './tls-profiles.ts';

/** All that is rendered: one file for each site and one that they share. */
export interface Model {
  readonly layout: 'debian' | 'conf.d';
  readonly sites: readonly Site[];
  readonly shared: Shared;
}

export interface Site {
  readonly name: string;
  /** The name of the spec file: not its path, which is another one from every folder that it is named from. */
  readonly specFile: string;
  readonly upstreams: readonly Upstream[];
  readonly hosts: readonly string[];
  /** Ports 80 and 443 of every address, unless the spec says otherwise. */
  readonly listen: Listen;
  readonly http2: boolean;
  readonly http3: boolean;
  /** For `http2 on`; where that doesn't exist, the listen tokens say it. */
  readonly http2Directive: boolean;
  /** Where http-01 challenges are answered from; null where no CA asks, since the certificate is somebody else's. */
  readonly challengeRoot: string | null;
  /** `https://$host:8443$request_uri`. */
  readonly httpsRedirect: string;
  /** `https://$host:8443/`: what a backend's redirect to its own name in clear becomes. */
  readonly httpsOrigin: string;
  readonly tls: Tls;
  readonly trustedProxies: { readonly networks: readonly string[]; readonly header: string } | null;
  /** The names that only redirect to the canonical one. */
  readonly alias: {
    readonly hosts: readonly string[];
    readonly target: string;
    readonly responseHeaders: readonly Header[];
  } | null;
  readonly serverNames: readonly string[];
  readonly access: Access;
  readonly basicAuth: BasicAuth | null;
  readonly requestHeaders: readonly Header[];
  /** The directives that clear headers which a client could forge. */
  readonly clearedHeaders: RawText;
  readonly responseHeaders: readonly Header[];
  readonly hiddenHeaders: readonly string[];
  readonly bodyLimit: string;
  readonly responseBuffers: ResponseBuffers;
  /** For an nginx that has separate limits for the headers of HTTP/2. */
  readonly http2FieldSize: boolean;
  readonly timeouts: Timeouts;
  readonly keepaliveMinTimeout: boolean;
  /** Requests of clients whose handshake asked for no server, or another, are refused: it was not this site's. */
  readonly checkServerName: boolean;
  /** Paths that backends read in other ways than nginx are refused; null where nothing hangs on it. */
  readonly strictPaths: StrictPaths | null;
  /** Some route is two locations, for its path and for what lies below. */
  readonly pairedLocations: boolean;
  readonly locations: readonly Location[];
  readonly raw: RawText | null;
}

export interface StrictPaths {
  /** False where paths may carry matrix parameters. */
  readonly refusesSemicolons: boolean;
}

export interface Listen {
  readonly http: readonly string[];
  readonly https: readonly ListenSocket[];
  readonly quic: readonly string[];
}

export interface ListenSocket {
  readonly address: string;
  /** `http2` as a word of `listen`, for an nginx without the directive. */
  readonly http2: boolean;
}

export interface Tls extends TlsProfile {
  readonly certificate: string;
  readonly key: string;
  /** Whose files they are: keepgate's store, where a stand-in may be made, or the user's own. */
  readonly managed: boolean;
  readonly sessions: Sessions;
  readonly clientAuth: { readonly ca: string; readonly verify: 'on' | 'optional' } | null;
}

export interface Sessions {
  /** For `ssl_session_cache`: `shared:keepgate_10m:10m`, or `off`. */
  readonly cache: string;
  readonly tickets: boolean;
}

export interface Upstream {
  /** A name of nginx's one namespace, such as `keepgate_api`. */
  readonly name: string;
  readonly balance: 'least_conn' | 'ip_hash' | null;
  /** Shared memory for the state of several servers: its name, which tells its size. */
  readonly zone: string | null;
  readonly resolvers: readonly string[];
  readonly servers: readonly UpstreamServer[];
  /** No timeout where no connection is kept. */
  readonly keepalive: { readonly connections: number; readonly timeout: string | null } | null;
}

export interface UpstreamServer {
  readonly address: string;
  /** `weight=2`, `max_fails=3`, `backup`, `resolve` … */
  readonly parameters: readonly string[];
}

export interface Access {
  readonly deny: readonly string[];
  readonly allow: readonly string[];
}

export interface BasicAuth {
  readonly realm: string;
  readonly userFile: string;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

export interface ResponseBuffers {
  /** The first one, that the headers of a response have to fit into. */
  readonly header: string;
  /** Each of eight others. */
  readonly body: string;
  readonly busy: string;
}

export interface Timeouts {
  readonly connect: string;
  readonly send: string;
  readonly read: string;
}

/** One `location` block. A list that is empty, or a null, is inherited from the server block. */
export interface Location {
  /** The route of the spec that it comes from. */
  readonly route: string;
  /** `=`, `~`, `~*`, or null for a prefix. */
  readonly modifier: string | null;
  readonly path: string;
  /** A regular expression for the path as the client wrote it: others are refused. */
  readonly asWritten: string | null;
  readonly access: Access;
  readonly basicAuth: BasicAuth | null;
  readonly requestHeaders: readonly Header[];
  readonly clearedHeaders: RawText | null;
  readonly responseHeaders: readonly Header[];
  readonly hiddenHeaders: readonly string[];
  readonly bodyLimit: string | null;
  readonly responseBuffers: ResponseBuffers | null;
  readonly timeouts: Timeouts | null;
  readonly proxy: ProxyPass | null;
  readonly redirect: { readonly status: number; readonly to: string } | null;
  /**
   * The named location that redirects or responds where somebody may be refused: `return` comes before nginx looks at
   * addresses and passwords, so it has to stand behind a second door.
   */
  readonly answer: string | null;
  /** `body` has one entry, or none. */
  readonly respond: { readonly status: number; readonly body: readonly string[]; readonly type: string } | null;
  readonly raw: RawText | null;
}

export interface ProxyPass {
  /** `http://keepgate_api`: never with a path, so that the request's own reaches the backend untouched. */
  readonly pass: string;
  readonly streaming: boolean;
  /** There is a `gzip` to switch off. */
  readonly gzip: boolean;
  readonly tls: { readonly name: string; readonly verify: boolean; readonly ca: string } | null;
}

export interface Shared {
  /** A backend's Upgrade header has to be hidden, and sent again where a connection was upgraded. */
  readonly hidesUpgrade: boolean;
  /** The refusing default servers; empty when the machine has its own. */
  readonly refuseHttp: readonly string[];
  readonly refuseHttps: readonly RefusingServer[];
  readonly namesHashBucketSize: number | null;
  readonly namesHashMaxSize: number | null;
}

export interface RefusingServer {
  readonly listen: readonly ListenSocket[];
  readonly quic: readonly string[];
  readonly protocols: readonly string[];
  readonly ciphers: string | null;
  readonly groups: string;
  readonly sessions: Sessions;
  /** A throwaway certificate, for an nginx that can't refuse the handshake itself. */
  readonly certificate: { readonly certificate: string; readonly key: string } | null;
}

/**
 * nginx text that stands in the output as it is. Made by `resolve` alone: of keepgate's own words, or of what stands below
 * `raw` when that is allowed.
 */
export class RawText {
  readonly lines: readonly string[];

  constructor(text: string) {
    this.lines = text.replace(/\n+$/, '').split('\n');
  }
}
