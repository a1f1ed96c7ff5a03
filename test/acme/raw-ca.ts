import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { chain } from '../ca.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Of the JWS; empty without one. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
  readonly response: ServerResponse;
}

/** Answers the request, or leaves it (undefined) to the next one. */
export type Handler = (request: Received) => unknown;

/** An https server that is as much of a CA as a test needs: a directory, nonces, an account; the rest is the handler's. */
export async function rawCa(handle: Handler = () => undefined) {
  const folder = throwawayFolder();
  const { root, leaf, fullchain } = chain(['localhost', '127.0.0.1']);
  const caFile = join(folder.path, 'ca.pem');
  writeFileSync(caFile, root.certificate);
  const requests: Received[] = [];
  let nonces = 0;
  const server = createServer({ key: leaf.key, cert: fullchain }, async (request, response) => {
    const body = await text(request);
    const jws = body === '' ? {} : JSON.parse(body);
    const part = (value = '') => (value === '' ? undefined : JSON.parse(Buffer.from(value, 'base64url').toString()));
    const { method = '', url: path = '', headers } = request;
    const received = { method, path, headers, header: part(jws.protected) ?? {}, payload: part(jws.payload), response };
    requests.push(received);
    response.setHeader('Replay-Nonce', `nonce-${++nonces}`);
    if (handle(received) !== undefined) return;
    if (path === '/directory') json(response, 200, ca.directory);
    else if (path === '/new-nonce') response.writeHead(200).end();
    else if (path === '/new-account') json(response, 201, { status: 'valid' }, { Location: `${ca.origin}/account` });
    else json(response, 404, { type: 'urn:ietf:params:acme:error:malformed', detail: 'no such page' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ca = {
    origin,
    url: `${origin}/directory`,
    caFile,
    folder: folder.path,
    /** In the order of their arrival. */
    requests,
    directory: {
      newNonce: `${origin}/new-nonce`,
      newAccount: `${origin}/new-account`,
      newOrder: `${origin}/new-order`,
      revokeCert: `${origin}/revoke`,
      renewalInfo: `${origin}/ari`,
    } as Record<string, unknown>,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      folder.remove();
    },
  };
  return ca;
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  const type = status < 300 ? 'application/json' : 'application/problem+json';
  return response.writeHead(status, { 'Content-Type': type, ...headers }).end(JSON.stringify(body));
}

export const problem = (type: string, detail: string) => ({ type: `urn:ietf:params:acme:error:${type}`, detail });
