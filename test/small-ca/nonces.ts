import { randomBytes } from 'node:crypto';

export interface Nonces {
  issue(): string;
  /** Whether it was issued and not used yet; it is used now. */
  use(nonce: string): boolean;
  /** None of those given out is good any more, as after a restart of the CA. */
  forget(): void;
}

/** Nonces are good for one request (RFC 8555, section 6.5); the oldest of very many lapse. */
export function nonceBook(): Nonces {
  const open = new Set<string>();
  return {
    issue() {
      const nonce = randomBytes(16).toString('base64url');
      open.add(nonce);
      const [oldest] = open.size > 10_000 ? open : [];
      if (oldest) open.delete(oldest);
      return nonce;
    },
    use: (nonce) => open.delete(nonce),
    forget: () => open.clear(),
  };
}
