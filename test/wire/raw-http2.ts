/** One HTTP/2 request written by hand (RFC 9113): Node.js and curl refuse to send header fields that HTTP/2 forbids. */
import { ByteReader } from './byte-reader.ts';
import { connectTls, type TlsOptions } from './tls.ts';

const frameType = { headers: 1, reset: 3, settings: 4, goAway: 7 } as const;
const endOfStreamAndHeaders = 0x5;

/** The status, as far as the static table has it, or how the stream was broken off. */
export async function rawHttp2Status(
  options: Omit<TlsOptions, 'alpn'>,
  fields: readonly (readonly [name: string, value: string])[],
): Promise<number | 'reset' | 'closed'> {
  const socket = await connectTls({ ...options, alpn: ['h2'] });
  if ('refused' in socket) throw new Error(`no handshake: ${socket.refused}`);
  try {
    const all = [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/'],
      [':authority', options.servername],
      ...fields,
    ];
    const block = Buffer.concat(all.map(([name, value]) => literal(String(name), String(value))));
    socket.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frame(frameType.settings, 0, 0, Buffer.alloc(0)),
        frame(frameType.headers, endOfStreamAndHeaders, 1, block),
      ]),
    );
    return await outcome(new ByteReader(socket));
  } finally {
    socket.destroy();
  }
}

async function outcome(reader: ByteReader): Promise<number | 'reset' | 'closed'> {
  for (;;) {
    const next = await reader.decoded((bytes) => {
      const size = 9 + (bytes.length < 9 ? 0 : bytes.readUIntBE(0, 3));
      return bytes.length < 9 || bytes.length < size
        ? undefined
        : { value: { type: bytes[3], payload: bytes.subarray(9, size) }, size };
    });
    if (next.type === frameType.reset) return 'reset';
    if (next.type === frameType.goAway) return 'closed';
    if (next.type === frameType.headers) return statusOf(next.payload);
  }
}

/** Status codes of HPACK's static table (RFC 7541, appendix A). nginx writes others as text behind the name's index. */
function statusOf(block: Buffer): number {
  // A change of the table's size may come first.
  const rest = block.subarray([...block].findIndex((byte) => (byte & 0xe0) !== 0x20));
  const status = [200, 204, 206, 304, 400, 404, 500][(rest[0] ?? 0) - 0x88];
  return status ?? Number(rest.subarray(2, 5).toString());
}

/** Without indexing, name and value as they are. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
