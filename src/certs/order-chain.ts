/** Certificates in any order → the chain that a server sends. Pure. */
import type { X509Certificate } from 'node:crypto';
import { isSelfSigned, isSignedBy } from './chain.ts';

export interface OrderedChain {
  /** The leaf first, each signed by the next, without the root unless the leaf is one. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  /** Whether the root, which clients have their own copy of, was there and left out. */
  readonly rootDropped: boolean;
}

/** The chain from this leaf up, as far as the given certificates go. Of several issuers an intermediate is taken first. */
export function orderChain(leaf: X509Certificate, given: readonly X509Certificate[]): OrderedChain {
  const chain: [X509Certificate, ...X509Certificate[]] = [leaf];
  let rest = distinct(given).filter((each) => !isSame(each, leaf));
  let root: X509Certificate | undefined;
  for (let last = leaf; !isSelfSigned(last); ) {
    const issuers = rest.filter((each) => isSignedBy(last, each));
    const issuer = issuers.filter((each) => !isSelfSigned(each)).sort(longestFirst)[0];
    root = issuer ? undefined : issuers[0];
    if (!issuer) break;
    chain.push(issuer);
    rest = rest.filter((each) => each !== issuer);
    last = issuer;
  }
  return { certificates: chain, rootDropped: root !== undefined };
}

/** Each certificate once. */
export function distinct(certificates: readonly X509Certificate[]): X509Certificate[] {
  return certificates.filter((each, index) => certificates.findIndex((other) => isSame(each, other)) === index);
}

const isSame = (one: X509Certificate, other: X509Certificate): boolean => one.raw.equals(other.raw);

const longestFirst = (a: X509Certificate, b: X509Certificate): number => Date.parse(b.validTo) - Date.parse(a.validTo);
