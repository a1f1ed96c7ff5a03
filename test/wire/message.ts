/** HTTP/1.1 written and read by hand: what is sent is exactly what the test says, however odd. */
import type { ByteReader } from './byte-reader.ts';

export interface Request {
  /** Default: GET. */
  readonly method?: string;
  /** The request target, sent as it is. Default: `/`. */
  readonly path?: string;
  /** The Host header, or false for none. Each client has its own default. */
  readonly host?: string | false;
  /** Sent as written and in this order; an array repeats the name. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** With it goes a Content-Length. */
  readonly body?: string | Buffer;
}

export interface Response {
  readonly status: number;
  /** Case-insensitive, repeated ones joined. */
  readonly headers: Headers;
  /** As received. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** No HTTP response came. */
export interface Refusal {
  /** `handshake`: a TLS alert; `closed`: an orderly end; `reset`: RST of TCP, or of the HTTP/2 stream. */
  readonly refused: 'handshake' | 'closed' | 'reset';
  /** The alert's name in RFC 8446, section 6, such as `unrecognized_name`; with HTTP/2 the stream's error code. */
  readonly alert?: string;
}

/** The response, or an error where there was none. */
export function answered<T extends Response>(outcome: T | Refusal): T {
  if ('refused' in outcome) throw new Error(`no response: ${outcome.refused} ${outcome.alert ?? ''}`);
  return outcome;
}

export type Head = Omit<Response, 'body'>;

export function requestBytes({ method = 'GET', path = '/', host = false, headers = {}, body }: Request): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`];
  if (host !== false) lines.push(`Host: ${host}`);
  for (const [name, values] of Object.entries(headers))
    for (const value of [values].flat()) lines.push(`${name}: ${value}`);
  const payload = Buffer.from(body ?? '');
  if (body !== undefined) lines.push(`Content-Length: ${payload.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), payload]);
}

/** The final response's head; interim ones (1xx) but 101 are passed over. */
export async function readHead(reader: ByteReader): Promise<Head | undefined> {
  for (;;) {
    const text = await reader.until('\r\n\r\n');
    if (text === undefined) return undefined;
    const head = parseHead(text.toString('latin1'));
    if (head.status >= 200 || head.status === 101) return head;
  }
}

export function parseHead(text: string): Head {
  const [statusLine = '', ...lines] = text.replace(/(?:\r\n)+$/, '').split('\r\n');
  const [, status] = /^HTTP\/[\d.]+ (\d{3})(?: |$)/.exec(statusLine) ?? [];
  if (status === undefined) throw new Error(`not an HTTP response: ${JSON.stringify(text.slice(0, 100))}`);
  const rawHeaders = lines.map((line): [string, string] => {
    const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    return [name, value];
  });
  return { status: Number(status), rawHeaders, headers: new Headers(rawHeaders) };
}

/** The pieces of a body as they arrive (RFC 9112, section 6.3). */
export async function* bodyPieces(reader: ByteReader, head: Head, method: string): AsyncGenerator<Buffer> {
  if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) return;
  const length = head.headers.get('content-length');
  if (/(?:^|,)\s*chunked$/i.test(head.headers.get('transfer-encoding') ?? '')) yield* chunks(reader);
  else yield* reader.pieces(length === null ? Number.POSITIVE_INFINITY : Number(length));
}

async function* chunks(reader: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const line = await reader.until('\r\n');
    const size = Number.parseInt(line?.toString('latin1') ?? '', 16);
    if (Number.isNaN(size)) throw new Error('the connection ended, or a chunk was no chunk, in the middle of a body');
    if (size > 0) yield* reader.pieces(size);
    const end = await reader.until('\r\n');
    if (size === 0) return;
    if (end?.length !== 2) throw new Error('a chunk was longer than it said');
  }
}

export async function readBody(reader: ByteReader, head: Head, method: string): Promise<Buffer> {
  const pieces = [];
  for await (const piece of bodyPieces(reader, head, method)) pieces.push(piece);
  return Buffer.concat(pieces);
}
