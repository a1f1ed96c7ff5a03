/** Paths of the CA, and what a request to one is for. */
const kinds = {
  directory: 'directory',
  'new-nonce': 'newNonce',
  'new-account': 'newAccount',
  account: 'account',
  'new-order': 'newOrder',
  order: 'order',
  authorization: 'authorization',
  challenge: 'challenge',
  finalize: 'finalize',
  certificate: 'certificate',
  'renewal-info': 'renewalInfo',
  revoke: 'revoke',
} as const;

export type RequestKind = (typeof kinds)[keyof typeof kinds] | 'unknown';

export function requestKind(path: string): RequestKind {
  const first = path.split('/')[1] ?? '';
  return Object.hasOwn(kinds, first) ? kinds[first as keyof typeof kinds] : 'unknown';
}
