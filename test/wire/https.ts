import type { TLSSocket } from 'node:tls';
import { ByteReader } from './byte-reader.ts';
import { type Refusal, type Request, type Response, readBody, readHead, requestBytes } from './message.ts';
import { connectTls, negotiated, refusalOf, type Tls, type TlsOptions } from './tls.ts';

export interface HttpsResponse extends Response {
  readonly tls: Tls;
  /** For `session` of a later request. */
  readonly session?: Buffer;
}

/** The Host header that a browser would send: the server's name, or its address where there is no SNI, and its port. */
export function usualHost({ servername, port }: Pick<TlsOptions, 'servername' | 'port'>): string {
  return `${servername === false ? '127.0.0.1' : servername}:${port}`;
}

/** One HTTP/1.1 request over a TLS connection of its own. Nothing is added but Host and Content-Length. */
export async function httpsRequest(options: TlsOptions & Request): Promise<HttpsResponse | Refusal> {
  const socket = await connectTls(options);
  if ('refused' in socket) return socket;
  try {
    return await exchange(socket, options);
  } catch (error) {
    return refusalOf(error);
  } finally {
    socket.destroy();
  }
}

async function exchange(socket: TLSSocket, options: TlsOptions & Request): Promise<HttpsResponse | Refusal> {
  const reader = new ByteReader(socket);
  socket.write(requestBytes({ host: usualHost(options), ...options }));
  const head = await readHead(reader);
  if (head === undefined) return { refused: 'closed' };
  const body = await readBody(reader, head, options.method ?? 'GET');
  // TLS 1.3 hands sessions out after the handshake: only now is one there.
  const session = socket.getSession();
  return { ...head, body, tls: negotiated(socket), ...(session === undefined ? {} : { session }) };
}
