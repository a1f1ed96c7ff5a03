/** Where an http-01 answer is looked for: RFC 8555 §8.3. */
import { KeepgateError } from '../../diagnostic.ts';

export const challengePath = '/.well-known/acme-challenge/';

/**
 * The token, when it is one: only the base64url alphabet (RFC 8555 §8.3), so that it is one segment of a path.
 * @throws KeepgateError challenge-token-malformed (4)
 */
export function checkedToken(token: string): string {
  if (/^[\w-]{1,200}$/.test(token)) return token;
  throw new KeepgateError(4, {
    code: 'challenge-token-malformed',
    message: 'the CA sent a challenge token that is no base64url text, so no file was made of it',
    help: 'A CA that keeps to RFC 8555 never does that. Check the address of its directory.',
  });
}
