import { tlsFailure } from '../tls-failure.ts';

/**
 * `timeout`: no whole answer within the time limit; `refused`: nobody listens, or no way there; `dns`: the name isn't known;
 * `tls`: no trust or no TLS; `closed`: ended in the middle; `too-large`: more than 1 MB; `not-acme`: an answer that
 * is not what the protocol says; `no-certificate`: a download with none in it; `insecure`: a URL that is not https; `aborted`: by the caller.
 */
export type TransportFailureKind =
  | 'timeout'
  | 'refused'
  | 'dns'
  | 'tls'
  | 'closed'
  | 'too-large'
  | 'not-acme'
  | 'no-certificate'
  | 'insecure'
  | 'aborted';

/** There was no answer, or none that can be used. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  readonly kind: TransportFailureKind;
  readonly url: string;
  /** The system's own words, what failed in TLS, or what is wrong with the answer. */
  readonly reason: string;

  constructor(kind: TransportFailureKind, url: string, reason: string) {
    super(`${kind}: ${url}: ${reason}`);
    this.kind = kind;
    this.url = url;
    this.reason = reason;
  }
}

/** What an error of node:https means. */
export function transportFailure(error: unknown, url: string): TransportFailure {
  if (error instanceof TransportFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const kind = kindOf(code);
  if (kind === 'tls') return new TransportFailure(kind, url, tlsFailure(error));
  const message = error instanceof Error && error.message !== '' ? error.message : code;
  return new TransportFailure(kind, url, message.split('\n')[0] ?? code);
}

function kindOf(code: string): TransportFailureKind {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL') return 'dns';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'closed';
  if (code.startsWith('HPE_')) return 'not-acme';
  if (/^(ECONN|EHOST|ENET|EADDR|EACCES|EPERM|EINVAL|EMFILE)/.test(code)) return 'refused';
  return 'tls'; // OpenSSL's codes are many: CERT_…, ERR_TLS_…, UNABLE_TO_…, SELF_SIGNED_…, EPROTO
}
