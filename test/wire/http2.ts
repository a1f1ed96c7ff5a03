import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { type HttpsResponse, usualHost } from './https.ts';
import type { Refusal, Request } from './message.ts';
import { connectTls, negotiated, refusalOf, type Tls, type TlsOptions } from './tls.ts';

/**
 * One request over HTTP/2 on a connection of its own; `host` becomes `:authority`, or is left out.
 * @throws when the server chooses another protocol.
 */
export async function http2Request(options: Omit<TlsOptions, 'alpn'> & Request): Promise<HttpsResponse | Refusal> {
  const socket = await connectTls({ ...options, alpn: ['h2'] });
  if ('refused' in socket) return socket;
  const tls = negotiated(socket);
  if (tls.alpn !== 'h2') {
    socket.destroy();
    throw new Error(`the server chose ${tls.alpn || 'no protocol'} where h2 was offered`);
  }
  const session = connect('https://127.0.0.1', { createConnection: () => socket });
  session.on('error', () => undefined);
  try {
    return await exchange(session, { host: usualHost(options), ...options }, tls);
  } catch (error) {
    // A session or stream that the server breaks off: "… error code NGHTTP2_INTERNAL_ERROR".
    const [, alert] = /error code (?:NGHTTP2_)?(\w+)/.exec(String(error)) ?? [];
    return alert === undefined ? refusalOf(error) : { refused: 'reset', alert };
  } finally {
    session.destroy();
  }
}

async function exchange(session: ClientHttp2Session, request: Request, tls: Tls): Promise<HttpsResponse | Refusal> {
  const { method = 'GET', path = '/', host = false, headers = {}, body } = request;
  const sent = Object.entries(headers).map(([name, values]) => [name, [values].flat()]);
  const stream = session.request(
    {
      ':method': method,
      ':scheme': 'https',
      ':path': path,
      ...(host === false ? {} : { ':authority': host }),
      ...Object.fromEntries(sent),
    },
    { endStream: false },
  );
  stream.end(body);
  const response = await Promise.race([once(stream, 'response'), once(stream, 'close')]);
  if (response.length === 0) return { refused: 'closed' };
  const flat: readonly string[] = response[2];
  const pairs = Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] ?? '',
    flat[2 * index + 1] ?? '',
  ]);
  const rawHeaders = pairs.map(([name = '', value = '']): [string, string] => [name, value]);
  const fields = rawHeaders.filter(([name]) => !name.startsWith(':'));
  const status = Number(rawHeaders.find(([name]) => name === ':status')?.[1]);
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return { status, rawHeaders: fields, headers: new Headers(fields), body: Buffer.concat(pieces), tls };
}
