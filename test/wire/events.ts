import { ByteReader } from './byte-reader.ts';
import { usualHost } from './https.ts';
import { bodyPieces, type Head, type Refusal, type Request, readHead, requestBytes } from './message.ts';
import { connectTls, refusalOf, type TlsOptions } from './tls.ts';

export interface ReceivedEvent {
  /** The lines of the event, such as `id: 1\ndata: …`. */
  readonly text: string;
  /** Milliseconds since the request was sent. */
  readonly at: number;
}

/** Reads a stream of server-sent events to its end over HTTP/1.1 and TLS, with the moment that each one was whole. */
export async function readEvents(
  options: TlsOptions & Request,
): Promise<(Head & { readonly events: readonly ReceivedEvent[] }) | Refusal> {
  const socket = await connectTls(options);
  if ('refused' in socket) return socket;
  try {
    const reader = new ByteReader(socket);
    const started = performance.now();
    socket.write(requestBytes({ host: usualHost(options), ...options }));
    const head = await readHead(reader);
    if (head === undefined) return { refused: 'closed' };
    const events: ReceivedEvent[] = [];
    let pending = '';
    for await (const piece of bodyPieces(reader, head, 'GET')) {
      const texts = (pending + piece.toString()).split('\n\n');
      pending = texts.pop() ?? '';
      for (const text of texts) events.push({ text, at: performance.now() - started });
    }
    return { ...head, events };
  } catch (error) {
    return refusalOf(error);
  } finally {
    socket.destroy();
  }
}
