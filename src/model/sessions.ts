/** Which TLS sessions a server lets clients resume. */
import type { NginxFeatures } from './nginx-features.ts';
import type { Sessions } from './site.ts';

/**
 * `asks`: a site of the socket asks for client certificates. Where sessions are not kept apart, one of another site would be
 * resumed there, and then refused, or taken for proof of a certificate. A handshake in full costs a client nothing but time.
 */
export function sessionsOf(features: NginxFeatures, asks: boolean): Sessions {
  if (asks && !features.sessionsPerServer) return { cache: 'off', tickets: false };
  return { cache: 'shared:keepgate_10m:10m', tickets: features.ticketRotation };
}
