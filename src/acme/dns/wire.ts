/** The parts of DNS messages that dns-packet has no words for: classes NONE and ANY, TSIG, and where a record begins. */

/** RFC 1035 §3.2.2, RFC 8945 §4.2 */
export const types = { txt: 16, tsig: 250 } as const;
/** RFC 1035 §3.2.4, RFC 2136 §2.4 */
export const classes = { in: 1, none: 254, any: 255 } as const;

/** A name without compression, in lower case: the canonical form that TSIG signs (RFC 8945 §4.3.3). */
export function wireName(name: string): Buffer {
  const labels = name
    .toLowerCase()
    .split('.')
    .filter((label) => label !== '');
  return Buffer.concat([...labels.map(wireString), Buffer.of(0)]);
}

/** A character string of at most 255 octets (RFC 1035 §3.3), which a label is too. */
export function wireString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}

/** RFC 1035 §3.2.1 */
export function wireRecord(name: string, type: number, klass: number, ttl: number, data: Buffer): Buffer {
  return Buffer.concat([wireName(name), u16(type), u16(klass), u32(ttl), u16(data.length), data]);
}

/** Where the last record of the additional section begins; undefined when there is none. @throws RangeError when cut off */
export function lastAdditional(message: Buffer): number | undefined {
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  if (!additionals) return undefined;
  let at = 12;
  for (let left = questions ?? 0; left > 0; left--) at = afterName(message, at) + 4;
  for (let left = (answers ?? 0) + (authorities ?? 0) + additionals - 1; left > 0; left--)
    at = afterRecord(message, at);
  return at;
}

function afterRecord(message: Buffer, at: number): number {
  const fields = afterName(message, at);
  return fields + 10 + message.readUInt16BE(fields + 8);
}

export function afterName(message: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = message.readUInt8(at);
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
  }
}
