/**
 * The TLS profiles of the server-side TLS guideline that keepgate ships (Mozilla, now TLSRef, 6.0 of April 2026).
 * 6.0 has no DHE, so no parameter file, and no `old` profile.
 */
import type { NginxFeatures } from './nginx-features.ts';

export const guideline = '6.0';

export interface TlsProfile {
  readonly name: 'modern' | 'intermediate';
  readonly protocols: readonly string[];
  /** For `ssl_ciphers`; null where TLS 1.3 alone is spoken, whose suites are not chosen there. */
  readonly ciphers: string | null;
  readonly groups: string;
}

const intermediateCiphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** The profile that a spec names, `modern` or `intermediate@6.0`, as the target can speak it. */
export function tlsProfile(name: string, features: NginxFeatures): TlsProfile {
  const groups = [...(features.postQuantumGroup ? ['X25519MLKEM768'] : []), 'X25519', 'prime256v1', 'secp384r1'].join(
    ':',
  );
  return name.startsWith('modern')
    ? { name: 'modern', protocols: ['TLSv1.3'], ciphers: null, groups }
    : { name: 'intermediate', protocols: ['TLSv1.2', 'TLSv1.3'], ciphers: intermediateCiphers, groups };
}
