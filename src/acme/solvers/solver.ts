/** How control over a name is shown to a CA (RFC 8555 §8). */

/** What a spec or the command line asks for; `http-01` alone leaves webroot or standalone to the machine. */
export type ChallengeChoice =
  | 'http-01'
  | { readonly webroot: string }
  | { readonly standalone: { readonly port?: number } }
  | { readonly 'dns-01': { readonly exec: string } }
  | { readonly 'dns-01': { readonly rfc2136: Rfc2136Choice } };

export interface Rfc2136Choice {
  /** `host`, `host:port` or `[v6]:port` of the primary server of the zone; port 53 when none is said. */
  readonly server: string;
  readonly zone: string;
  /** A file with `key "name" { algorithm hmac-sha256; secret "…"; };`, as `tsig-keygen` prints it. */
  readonly keyFile: string;
}

/** RFC 8555 §7.1.3 and RFC 8738: a name in lower-case A-labels without `*.`, or an IP address without brackets. */
export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

export interface Challenge {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly token: string;
  /** RFC 8555 §8.1 */
  readonly keyAuthorization: string;
  /** RFC 8555 §8.4: what the TXT record says. */
  readonly dnsValue: string;
  /** All names of its order that have to be proven, and how many challenges come after this one: certbot's hooks are told. */
  readonly order?: { readonly names: readonly string[]; readonly remaining: number };
}

export interface Solver {
  readonly type: 'http-01' | 'dns-01';
  /** What it does, in words for a progress line. */
  readonly description: string;
  /** Finds out, before a CA is asked for anything, whether it can work. @throws KeepgateError */
  prepare?(names: readonly string[]): Promise<void>;
  /** @throws KeepgateError; the signal's reason when it is aborted */
  present(challenge: Challenge, signal?: AbortSignal): Promise<void>;
  /** Waits until the answer can be seen from outside. @throws KeepgateError; the signal's reason */
  ready?(challenge: Challenge, signal?: AbortSignal): Promise<void>;
  /** What is gone already is no error. @throws KeepgateError when something of ours stays behind */
  cleanUp(challenge: Challenge, signal?: AbortSignal): Promise<void>;
  /** Gives back what `prepare` and `present` took. */
  close?(): Promise<void>;
}
