/** Enough for every request that is under way at once; older ones the CA has forgotten. */
const most = 100;

export interface Nonces {
  /** Keeps one that came with an answer; what has other characters than RFC 8555, section 6.5.1 allows is dropped. */
  add(nonce: string | readonly string[] | undefined): void;
  /** The newest, which nobody else gets. */
  take(): string | undefined;
}

/** Nonces of one directory: each answer brings one, so that hardly any has to be asked for. */
export function noncePool(): Nonces {
  const pool: string[] = [];
  return {
    add: (nonce) => {
      if (typeof nonce !== 'string' || !/^[A-Za-z0-9_-]+$/.test(nonce)) return;
      pool.push(nonce);
      if (pool.length > most) pool.shift();
    },
    take: () => pool.pop(),
  };
}
