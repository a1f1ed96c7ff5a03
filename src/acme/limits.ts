/** The rate limits that are known of a CA (letsencrypt.org/docs/rate-limits). Pauses that a CA asks for need no table. */
import { isIP } from 'node:net';

export interface Limit {
  readonly count: number;
  /** Milliseconds. */
  readonly span: number;
}

export interface Limits {
  /** New orders of one account. */
  readonly orders: Limit;
  /** Certificates below one registered domain. */
  readonly domain: Limit;
  /** Certificates for exactly the same names. */
  readonly sameNames: Limit;
  /** Failed validations of one name. */
  readonly failures: Limit;
}

const hour = 3_600_000;

const letsEncrypt: Limits = {
  orders: { count: 300, span: 3 * hour },
  domain: { count: 50, span: 168 * hour },
  sameNames: { count: 5, span: 168 * hour },
  failures: { count: 5, span: hour },
};

/** By the URL of its directory. Staging has limits so wide that nobody meets them. */
export function knownLimits(directory: string): Limits | undefined {
  return new URL(directory).host === 'acme-v02.api.letsencrypt.org' ? letsEncrypt : undefined;
}

/**
 * What stands for the registered domain here: the last two labels, or an address as a whole. The public suffix list would know
 * better (`example.co.uk`), and grows older with every release: so this only ever warns.
 */
export function registeredDomain(name: string): string {
  return isIP(name) === 0 ? name.split('.').slice(-2).join('.') : name;
}
