/** Asks for an http-01 answer as a CA would: RFC 8555 §8.3, and what Boulder's validation allows. */
import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { printable } from '../../nginx/printable.ts';
import { tlsFailure } from '../../tls-failure.ts';

export type Fetched =
  | {
      readonly state: 'answered';
      readonly status: number;
      readonly body: string;
      readonly server: string;
      readonly url: string;
    }
  /** Nobody answered at all: a firewall, or a router that doesn't lead its own address back inside. */
  | { readonly state: 'silent'; readonly reason: string }
  /** Somebody answered what no CA takes. */
  | { readonly state: 'broken'; readonly reason: string };

export interface FetchOptions {
  /** The address of a redirect's host; undefined when it has none. */
  readonly addressOf: (host: string) => Promise<string | undefined>;
  /** Where to connect instead: for tests. */
  readonly connectTo: (address: string, port: number) => { readonly host: string; readonly port: number };
  readonly signal: AbortSignal;
}

const mostRedirects = 10;
/** Characters of the answer that matter; a key authorization is shorter. */
const mostBody = 1_000;

/** Follows up to ten redirects, to http on port 80 and https on port 443 alone; certificates aren't looked at. */
export async function fetchAsCa(start: string, address: string, options: FetchOptions): Promise<Fetched> {
  let url = new URL(start);
  let at = address;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const result = await ask(url, at, options);
    if (!('location' in result)) return result;
    if (!URL.canParse(result.location, url.href)) return broken(`${url.href} redirects to what is no URL`);
    const next = new URL(result.location, url);
    const problem = problemOf(next, url);
    if (problem) return broken(`${url.href} redirects to ${printable(next.href, 200)}, ${problem}`);
    const nextAddress = next.hostname === url.hostname ? at : await options.addressOf(next.hostname);
    if (nextAddress === undefined) return broken(`${url.href} redirects to ${next.hostname}, which has no address`);
    [url, at] = [next, nextAddress];
  }
  return broken(`more than ${mostRedirects} redirects, the last to ${printable(url.href, 200)}`);
}

const broken = (reason: string): Fetched => ({ state: 'broken', reason });

function problemOf(next: URL, from: URL): string | undefined {
  if (next.protocol !== 'http:' && next.protocol !== 'https:') return 'and a CA follows http and https alone';
  if (next.port !== '') return 'and a CA follows to the ports 80 and 443 alone';
  const bare = next.hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0 && next.hostname !== from.hostname) return 'and a CA does not follow to an address';
  return undefined;
}

async function ask(url: URL, address: string, options: FetchOptions): Promise<Fetched | { readonly location: string }> {
  const { connectTo, signal } = options;
  const secure = url.protocol === 'https:';
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const request = (secure ? requestHttps : requestHttp)({
    ...connectTo(address, secure ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    headers: { Host: url.host, 'User-Agent': 'keepgate preflight', Accept: '*/*' },
    agent: false,
    signal,
    ...(secure && { rejectUnauthorized: false, ...(isIP(name) === 0 && { servername: name }) }),
  });
  try {
    const responded = once(request, 'response');
    request.end();
    const [response] = (await responded) as [IncomingMessage];
    const status = response.statusCode ?? 0;
    const { location, server = '' } = response.headers;
    if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) return { location };
    const body = await beginningOf(response);
    return { state: 'answered', status, body, server: printable(String(server), 40), url: url.href };
  } catch (error) {
    return failure(error, url);
  } finally {
    request.on('error', () => {}).destroy();
  }
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > mostBody) break;
  }
  return text;
}

/** What a firewall, a missing route or a router's hairpin looks like from inside; all else is an answer of some server. */
const silences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'there was no answer in time',
  ABORT_ERR: 'there was no answer in time',
  EHOSTUNREACH: 'there is no way to it from here',
  ENETUNREACH: 'this machine has no route to it',
  EADDRNOTAVAIL: 'this machine has no route to it',
  EAFNOSUPPORT: 'this machine has no IPv6',
};

function failure(error: unknown, url: URL): Fetched {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const silence = silences[code];
  if (silence !== undefined) return { state: 'silent', reason: silence };
  return broken(
    url.protocol === 'https:'
      ? `${url.href} can't be asked: ${tlsFailure(error)}`
      : `${url.href} was answered with what is no HTTP`,
  );
}
