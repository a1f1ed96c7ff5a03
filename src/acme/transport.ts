import type { IncomingHttpHeaders } from 'node:http';
import { Agent } from 'node:https';
import { version } from '../version.gen.ts';
import { exchange } from './exchange.ts';
import { noncePool } from './nonces.ts';
import { problemOf } from './problem.ts';
import { parseRetryAfter } from './retry-after.ts';
import { TransportFailure } from './transport-failure.ts';

export interface RequestRecord {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly milliseconds: number;
}

export interface TransportOptions {
  /** PEM; what the CA's own TLS certificate is verified against, instead of the public roots. */
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for each request; 30,000 unless given. */
  readonly timeLimit?: number | undefined;
  readonly now: () => Date;
  /** Told after every request that had an answer. */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
}

/** The shape that acme-client expects of its HTTP library. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON, else the text. */
  readonly data: unknown;
  /** Milliseconds by its Retry-After header. */
  readonly retryAfter: number | undefined;
}

export interface Transport {
  /**
   * One request. Of the answers with an error only `badNonce` is returned: acme-client signs that anew.
   * @throws AcmeProblem for every other answer of 300 and above
   * @throws TransportFailure when there is no usable answer
   */
  request(url: string, method: string, options?: { readonly data?: unknown }): Promise<Answer>;
  /** An unused nonce of an earlier answer. */
  nonce(): string | undefined;
  /** Milliseconds by which the CA's clock is ahead of ours, by its last answer. */
  dateSkew(): number | undefined;
  /** Closes the connections that are kept open. */
  close(): void;
}

/** Connections, nonces and trust of one session: nothing of it is shared, so that several at once can't mix. */
export function openTransport({ ca, signal, timeLimit = 30_000, now, onRequest }: TransportOptions): Transport {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: true, ...(ca && { ca }) });
  const nonces = noncePool();
  let skew: number | undefined;

  const request: Transport['request'] = async (url, requestMethod, { data } = {}) => {
    const method = requestMethod.toUpperCase();
    const body = data === undefined ? undefined : JSON.stringify(data);
    const started = performance.now();
    const { status, headers, text } = await exchange({
      url,
      method,
      body,
      agent,
      timeLimit,
      signal,
      headers: {
        'User-Agent': `keepgate/${version}`,
        'Accept-Language': 'en',
        ...(body && { 'Content-Type': 'application/jose+json', 'Content-Length': String(Buffer.byteLength(body)) }),
      },
    });
    onRequest?.({ method, url, status, milliseconds: performance.now() - started });

    const receivedAt = now();
    const date = Date.parse(headers.date ?? '');
    if (!Number.isNaN(date)) skew = date - receivedAt.getTime();
    const nonce = headers['replay-nonce'];
    const retryAfter = parseRetryAfter(headers['retry-after'], headers.date, receivedAt);
    if (status >= 200 && status < 300) {
      nonces.add(nonce);
      return { status, headers, data: parsed(text, url), retryAfter };
    }
    const problem = problemOf(json(text), { url, method, status, receivedAt, retryAfter });
    // acme-client uses the nonce of this answer for its next try, so nobody else may.
    if (problem.type === 'badNonce') return { status, headers, data: json(text), retryAfter };
    nonces.add(nonce);
    throw problem;
  };
  return { request, nonce: nonces.take, dateSkew: () => skew, close: () => agent.destroy() };
}

/** A certificate chain (PEM) stays text; everything else that a CA sends is JSON. */
function parsed(text: string, url: string): unknown {
  if (text === '' || text.startsWith('-----BEGIN CERTIFICATE-----')) return text;
  const value = json(text);
  if (value === undefined)
    throw new TransportFailure('not-acme', url, `it begins with ${JSON.stringify(text.slice(0, 40))}`);
  return value;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
