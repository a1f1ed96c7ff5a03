import { createHash, randomBytes } from 'node:crypto';
import type { Challenge } from '../../src/acme/solvers/solver.ts';

/** A challenge as a CA would make it for a name. */
export function challengeFor(name: string, given: Partial<Challenge> = {}): Challenge {
  const token = given.token ?? randomBytes(16).toString('base64url');
  const keyAuthorization = `${token}.${randomBytes(32).toString('base64url')}`;
  const dnsValue = createHash('sha256').update(keyAuthorization).digest('base64url');
  const wildcard = name.startsWith('*.');
  const identifier = { type: 'dns', value: name.replace(/^\*\./, '') } as const;
  return { identifier, wildcard, token, keyAuthorization, dnsValue, ...given };
}
