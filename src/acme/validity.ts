/** The times of a certificate, and what follows from them alone. */
import { createHash } from 'node:crypto';

/** The times of a certificate, and the serial number that its jitter is drawn from (hexadecimal). */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serial: string;
}

export const lifetimeOf = ({ notBefore, notAfter }: Validity): number =>
  Math.max(0, notAfter.getTime() - notBefore.getTime());

/**
 * Why a suggested window can't be meant; undefined when it can. It may lie in the past, which asks for renewal at once, but
 * has to touch the lifetime of the certificate.
 */
export function windowProblem(start: Date, end: Date, certificate: Validity): string | undefined {
  if (Number.isNaN(start.getTime()) || Number.isNaN(end.getTime())) return 'its dates are none';
  if (start >= end) return 'it ends before it begins';
  if (end < certificate.notBefore) return 'it ends before the certificate is valid';
  if (start >= certificate.notAfter) return 'it begins after the certificate expires';
  return undefined;
}

/** A number from 0 up to 1 that is the same for the same certificate and purpose. */
export function fraction(serial: string, purpose: string): number {
  return createHash('sha256').update(`${purpose} ${serial}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
