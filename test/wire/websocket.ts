import { randomBytes } from 'node:crypto';
import { acceptFor, decodeFrame, encodeFrame, opcode } from '../../src/verify/websocket-frames.ts';
import { ByteReader } from './byte-reader.ts';
import { usualHost } from './https.ts';
import { type Refusal, type Request, type Response, readBody, readHead, requestBytes } from './message.ts';
import { connectTls, refusalOf, type TlsOptions } from './tls.ts';

export interface WebSocketOutcome extends Response {
  /** What came back for the message; undefined when the server did not switch protocols. */
  readonly echo?: string;
}

/** Opens a WebSocket over TLS, sends one text message, waits for one, and closes in order (RFC 6455). */
export async function webSocketEcho(
  options: TlsOptions & Omit<Request, 'method' | 'body'> & { readonly message: string },
): Promise<WebSocketOutcome | Refusal> {
  const socket = await connectTls(options);
  if ('refused' in socket) return socket;
  const key = randomBytes(16).toString('base64');
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    ...options.headers,
  };
  const send = (code: number, payload: Buffer) => socket.write(encodeFrame({ opcode: code, payload }, randomBytes(4)));
  try {
    const reader = new ByteReader(socket);
    socket.write(requestBytes({ host: usualHost(options), ...options, headers }));
    const head = await readHead(reader);
    if (head === undefined) return { refused: 'closed' };
    if (head.status !== 101) return { ...head, body: await readBody(reader, head, 'GET') };
    if (head.headers.get('sec-websocket-accept') !== acceptFor(key)) throw new Error('a wrong Sec-WebSocket-Accept');
    const next = () =>
      reader.decoded((bytes) => {
        const found = decodeFrame(bytes);
        return found && { value: found.frame, size: found.size };
      });
    send(opcode.text, Buffer.from(options.message));
    const echo = await next();
    // 1000: a normal end.
    send(opcode.close, Buffer.from([0x03, 0xe8]));
    const last = await next();
    if (echo.opcode !== opcode.text || last.opcode !== opcode.close) throw new Error('frames of an unexpected kind');
    return { ...head, body: Buffer.alloc(0), echo: echo.payload.toString() };
  } catch (error) {
    return refusalOf(error);
  } finally {
    socket.destroy();
  }
}
