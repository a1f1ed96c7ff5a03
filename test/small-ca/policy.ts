/** How the CA behaves when nothing is broken; all of it may be changed while it runs. */
export interface Policy {
  /** Of a certificate from notBefore through notAfter, in milliseconds; a profile may have its own. */
  lifetime: number;
  /** How long before now a certificate begins, in milliseconds. */
  backdate: number;
  /** By name; the first is taken when an order names none. Without profiles the field is unknown, and so ignored. */
  profiles: Readonly<Record<string, Profile>> | undefined;
  /** `none`: no renewalInfo in the directory. `window`: derived from the lifetime. Or one window for all. */
  ari: 'none' | 'window' | { readonly start: Date; readonly end: Date };
  /** Seconds until the next look at renewalInfo. */
  ariRetryAfter: number;
  explanationUrl: string | undefined;
  /** `always`: each challenge is met. Else they are really looked for, on loopback. */
  validate: 'always' | { readonly httpPort?: number; readonly dnsServer?: string };
  /** How many polls an order says `processing`, and the Retry-After of these in seconds. */
  processing: { readonly polls: number; readonly retryAfter?: number };
  /** How long a valid authorization serves further orders, in milliseconds. */
  authorizationReuse: number;
  /** A second order for the same names gets the first one, as long as that is not finalized. */
  reuseOrders: boolean;
  /** Host names that are refused, each with a subproblem. */
  forbidden: readonly string[];
  /** MAC keys (base64url) by key identifier: accounts then need an external one. */
  externalAccounts: Readonly<Record<string, string>> | undefined;
}

export interface Profile {
  readonly description: string;
  /** Milliseconds. */
  readonly lifetime?: number;
  /** 100 unless given. */
  readonly maximumNames?: number;
  /** Allowed unless given. */
  readonly addresses?: boolean;
  /** Whether the first name is the subject's CN too; yes unless given. */
  readonly commonName?: boolean;
}

export const days = (count: number): number => count * 86_400_000;

/** Let's Encrypt's behaviour, with challenges that are always met. */
export const usualPolicy: Policy = {
  lifetime: days(90),
  backdate: 3_600_000,
  profiles: undefined,
  ari: 'window',
  ariRetryAfter: 21_600,
  explanationUrl: undefined,
  validate: 'always',
  processing: { polls: 0 },
  authorizationReuse: 0,
  reuseOrders: true,
  forbidden: [],
  externalAccounts: undefined,
};

/** Profiles after Let's Encrypt's. */
export const usualProfiles: Readonly<Record<string, Profile>> = {
  classic: { description: 'the one of old', lifetime: days(90), addresses: false },
  tlsserver: { description: 'servers', lifetime: days(45), addresses: false, maximumNames: 25, commonName: false },
  shortlived: { description: 'six days', lifetime: 160 * 3_600_000, maximumNames: 25, commonName: false },
};
