import { createHash } from 'node:crypto';

/** Opcodes of RFC 6455, section 11.8, as far as they are used here. */
export const opcode = { text: 1, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly opcode: number;
  /** Unmasked. */
  readonly payload: Buffer;
}

/** The value of Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455, section 4.2.2). */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/**
 * One final frame (RFC 6455, section 5.2).
 * @param mask 4 bytes, which a client must give and a server must not.
 */
export function encodeFrame({ opcode, payload }: Frame, mask?: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head[0] = 0x80 | opcode;
  let size = 2;
  if (payload.length < 126) {
    head[1] = payload.length;
  } else if (payload.length < 65_536) {
    head[1] = 126;
    size = head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = 127;
    size = head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  if (mask === undefined) return Buffer.concat([head.subarray(0, size), payload]);
  head[1] |= 0x80;
  return Buffer.concat([head.subarray(0, size), mask, masked(payload, mask)]);
}

/**
 * The first frame of what has arrived and how many bytes it took; undefined while it is incomplete.
 * Fragments come out one by one: nothing here sends any.
 */
export function decodeFrame(bytes: Buffer): { readonly frame: Frame; readonly size: number } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const maskBytes = second & 0x80 ? 4 : 0;
  const start = 2 + lengthBytes + maskBytes;
  if (bytes.length < start) return undefined;
  const length =
    lengthBytes === 2 ? bytes.readUInt16BE(2) : lengthBytes === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
  const size = start + length;
  if (bytes.length < size) return undefined;
  const payload = bytes.subarray(start, size);
  const frame = {
    opcode: first & 0x0f,
    payload: maskBytes ? masked(payload, bytes.subarray(start - 4, start)) : payload,
  };
  return { frame, size };
}

function masked(payload: Buffer, mask: Buffer): Buffer {
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
}
