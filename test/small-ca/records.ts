/** What the CA remembers. */
import type { KeyObject } from 'node:crypto';
import type { Authorities } from './authorities.ts';
import type { Nonces } from './nonces.ts';
import type { Policy } from './policy.ts';
import type { ProblemDocument } from './problem.ts';

/** A host name (A-labels, wildcards too) or an IP address. */
export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

export interface Account {
  readonly url: string;
  readonly key: KeyObject;
  /** RFC 7638, base64url. */
  readonly thumbprint: string;
  status: 'valid' | 'deactivated';
  contact: readonly string[];
}

export interface Authorization {
  readonly url: string;
  readonly account: Account;
  /** Without `*.`. */
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly challenges: readonly Challenge[];
  expires: Date;
  status: 'pending' | 'valid' | 'invalid' | 'deactivated';
}

export interface Challenge {
  readonly url: string;
  readonly type: 'http-01' | 'dns-01' | 'tls-alpn-01';
  readonly token: string;
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  validated?: Date;
  error?: ProblemDocument;
}

export interface Order {
  readonly url: string;
  readonly finalize: string;
  readonly account: Account;
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly Authorization[];
  readonly expires: Date;
  readonly profile?: string;
  /** The serial number of the certificate that it replaces. */
  readonly replaces?: { readonly id: string; readonly serial: string };
  /** `pending` until the finalization: whether it is ready follows from its authorizations. */
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  /** How often it still answers `processing`. */
  polls: number;
  certificate?: IssuedCertificate;
  error?: ProblemDocument;
}

export interface IssuedCertificate {
  readonly url: string;
  /** Hexadecimal, capitals, as node:crypto gives it. */
  readonly serial: string;
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** When it was issued, by the CA's clock. */
  readonly at: Date;
  /** PEM, this certificate alone. */
  readonly certificate: string;
  readonly publicKey: KeyObject;
  readonly account: Account;
  readonly order: string;
  readonly profile?: string;
  /** The serial number of its predecessor. */
  readonly replaces?: string;
  /** The serial number of its successor. */
  replacedBy?: string;
  revoked?: { readonly at: Date; readonly reason: number; readonly by: 'account' | 'certificate key' };
}

export interface Ca {
  readonly now: () => Date;
  readonly policy: Policy;
  /** `https://localhost:PORT`. */
  readonly base: string;
  readonly authorities: Authorities;
  readonly nonces: Nonces;
  /** By path. */
  readonly accounts: Map<string, Account>;
  readonly orders: Map<string, Order>;
  readonly authorizations: Map<string, Authorization>;
  readonly challenges: Map<
    string,
    { readonly account: Account; readonly authorization: Authorization; readonly challenge: Challenge }
  >;
  readonly issued: IssuedCertificate[];
}

/** A URL that nothing else has. */
export const newUrl = (ca: Ca, kind: string, taken: { readonly size: number } | { readonly length: number }): string =>
  `${ca.base}/${kind}/${'size' in taken ? taken.size + 1 : taken.length + 1}`;

export const pathOf = (url: string): string => new URL(url).pathname;
