import type { IncomingHttpHeaders } from 'node:http';
import { type Agent, request } from 'node:https';
import { TransportFailure, transportFailure } from './transport-failure.ts';

export interface Exchange {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly agent: Agent;
  /** Milliseconds from the call to the end of the answer. */
  readonly timeLimit: number;
  readonly signal?: AbortSignal | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** No ACME answer is nearly as large; a chain of certificates has 10 kB. */
const largest = 1_000_000;

/**
 * One request over https and the whole answer to it, at most 1 MB. Redirects are not followed: no CA uses them, and the
 * signature covers the URL (RFC 8555, section 6.4).
 *
 * @throws TransportFailure
 */
export async function exchange(options: Exchange): Promise<RawAnswer> {
  const { url, timeLimit, signal } = options;
  if (!/^https:/i.test(url) || !URL.canParse(url)) throw new TransportFailure('insecure', url, 'not an https URL');
  const limit = AbortSignal.timeout(timeLimit);
  const stop = signal ? AbortSignal.any([signal, limit]) : limit;
  for (let again = false; ; again = true) {
    const state = { reused: false, answered: false };
    try {
      return await once(options, stop, state);
    } catch (error) {
      if (signal?.aborted) throw new TransportFailure('aborted', url, 'stopped');
      if (limit.aborted) throw new TransportFailure('timeout', url, `no answer within ${timeLimit / 1000} s`);
      const failure = transportFailure(error, url);
      // The CA closed an idle connection just as it was used again: not a failure of anything.
      if (again || failure.kind !== 'closed' || !state.reused || state.answered) throw failure;
    }
  }
}

function once(
  { url, method, headers, body, agent }: Exchange,
  signal: AbortSignal,
  state: { reused: boolean; answered: boolean },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent, signal }, (response) => {
      state.answered = true;
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > largest) response.destroy(new TransportFailure('too-large', url, 'more than 1 MB'));
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    outgoing.on('error', (error) => {
      state.reused = outgoing.reusedSocket;
      reject(error);
    });
    outgoing.end(body);
  });
}
