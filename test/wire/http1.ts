import { once } from 'node:events';
import { connect } from 'node:net';
import { ByteReader } from './byte-reader.ts';
import { type Refusal, type Request, type Response, readBody, readHead, requestBytes } from './message.ts';
import { patience, refusalOf } from './tls.ts';

/** One HTTP/1.1 request in clear. Nothing is added but Host (`127.0.0.1:PORT` by default) and Content-Length. */
export async function httpRequest(options: Request & { readonly port: number }): Promise<Response | Refusal> {
  const { port, method = 'GET' } = options;
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(patience, () => socket.destroy(new Error(`nothing came for ${patience / 1000} s`)));
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect');
    const reader = new ByteReader(socket);
    socket.write(requestBytes({ host: `127.0.0.1:${port}`, ...options }));
    const head = await readHead(reader);
    return head === undefined ? { refused: 'closed' } : { ...head, body: await readBody(reader, head, method) };
  } catch (error) {
    return refusalOf(error);
  } finally {
    socket.destroy();
  }
}
