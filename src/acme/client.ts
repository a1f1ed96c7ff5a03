import { createHash } from 'node:crypto';
import type { HttpClient } from 'acme-client';
import { patiently } from './patience.ts';
import { problemOf } from './problem.ts';
import { type DirectoryObject, parseDirectory } from './resources.ts';
import type { Answer, Transport } from './transport.ts';
import { TransportFailure } from './transport-failure.ts';

export interface ClientOptions {
  readonly directoryUrl: string;
  readonly transport: Transport;
  /** PKCS#8 PEM of the account, or of a certificate that is to be revoked. */
  readonly key: string;
  /** base64url; for an account that is to be bound (RFC 8555, section 7.3.4). */
  readonly eab?: { readonly kid: string; readonly hmacKey: string } | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly now: () => Date;
}

export type Payload = Readonly<Record<string, unknown>>;

export interface Client {
  readonly directory: DirectoryObject;
  /** base64url of the SHA-256 of the public key (RFC 7638). */
  readonly thumbprint: string;
  /** A request signed with the account's URL; without a payload it only reads (POST-as-GET). */
  ask(url: string, payload?: Payload): Promise<Answer>;
  /** A request signed with the key alone: for a new account, or with the key of a certificate. */
  askWithKey(url: string, payload: Payload): Promise<Answer>;
  /** A request without a signature. */
  get(url: string): Promise<Answer>;
  useAccount(url: string): void;
}

/** At half of the nonces refused, 5 retries (acme-client's own) fail 1 request of 64. */
const badNonceRetries = 40;

/**
 * acme-client with our transport under it; it signs, binds accounts, and repeats what a bad nonce spoiled. It is loaded
 * here and nowhere else, because that takes as long as the rest of the program.
 *
 * Every request throws AcmeProblem or TransportFailure.
 */
export async function makeClient({ directoryUrl, transport, key, eab, signal, now }: ClientOptions): Promise<Client> {
  const { default: acme } = await import('acme-client'); // in the bundle it has no other export
  const client = new acme.Client({
    directoryUrl,
    accountKey: Buffer.from(key),
    ...(eab && { externalAccountBinding: { ...eab } }),
  });
  client.http.request = transport.request;
  client.http.getNonce = () => freshNonce(client.http, transport);
  client.http.maxBadNonceRetries = badNonceRetries;
  const directory = await patiently(async () => parseDirectory(await client.http.getDirectory(), directoryUrl), signal);

  const send = (url: string, payload: Payload | undefined, withKey: boolean) =>
    patiently(async () => {
      const how = { includeJwsKid: !withKey, includeExternalAccountBinding: withKey && eab !== undefined };
      const answer = await client.api.apiRequest(url, payload ? { ...payload } : null, [], how);
      if (answer.status < 300) return answer;
      throw problemOf(answer.data, { url, method: 'POST', status: answer.status, receivedAt: now() });
    }, signal);
  return {
    directory,
    thumbprint: thumbprint(client.http.getJwk()),
    ask: (url, payload) => send(url, payload, false),
    askWithKey: (url, payload) => send(url, payload, true),
    get: (url) => patiently(() => transport.request(url, 'GET'), signal),
    useAccount: (url) => {
      client.api.accountUrl = url;
    },
  };
}

/** From the pool, else by a request of its own (RFC 8555, section 7.2). */
async function freshNonce(http: HttpClient, transport: Transport): Promise<string> {
  const pooled = transport.nonce();
  if (pooled !== undefined) return pooled;
  const url = await http.getResourceUrl('newNonce');
  await transport.request(url, 'HEAD');
  const nonce = transport.nonce();
  if (nonce === undefined) throw new TransportFailure('not-acme', url, 'it has no Replay-Nonce');
  return nonce;
}

const thumbprint = (jwk: Readonly<Record<string, string>>): string =>
  createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');
