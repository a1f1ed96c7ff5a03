/** Signatures of DNS messages with a shared secret: RFC 8945. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { hashes, type TsigKey } from './tsig-key.ts';
import { afterName, classes, lastAdditional, types, u16, u32, u48, wireName, wireRecord } from './wire.ts';

/** Seconds that clocks may differ: RFC 8945 §10. */
const fudge = 300;

export interface Signed {
  readonly message: Buffer;
  readonly mac: Buffer;
}

/** Adds the TSIG record (RFC 8945 §5.1). `now` is the time signed. */
export function sign(message: Buffer, key: TsigKey, now: Date): Signed {
  const fields = { time: Math.floor(now.getTime() / 1000), fudge, error: 0, other: Buffer.alloc(0) };
  const mac = macOf(key, [message, variables(key, fields)]);
  const data = Buffer.concat([
    ...[wireName(key.algorithm), u48(fields.time), u16(fudge), u16(mac.length), mac],
    ...[message.subarray(0, 2), u16(0), u16(0)],
  ]);
  const signed = Buffer.concat([message, wireRecord(key.name, types.tsig, classes.any, 0, data)]);
  signed.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { message: signed, mac };
}

export type Verdict =
  /** Signed by who has the key. `error` is the TSIG error (RFC 8945 §3), 0 for none; `serverTime` comes with BADTIME. */
  | { readonly verified: true; readonly error: number; readonly serverTime?: Date }
  /** Not signed, or not so that it can be checked; `error` is what an unsigned TSIG record claims. */
  | { readonly verified: false; readonly error: number };

/** Checks the signature of the answer to a message that was signed with `requestMac`: RFC 8945 §5.3 and §5.4. */
export function verify(answer: Buffer, key: TsigKey, requestMac: Buffer, now: Date): Verdict {
  try {
    const at = lastAdditional(answer);
    const record = at === undefined ? undefined : readRecord(answer, at);
    if (at === undefined || record === undefined) return { verified: false, error: 0 };
    const unsigned = Buffer.from(answer.subarray(0, at));
    unsigned.writeUInt16BE(answer.readUInt16BE(10) - 1, 10);
    record.id.copy(unsigned, 0);
    const expected = macOf(key, [u16(requestMac.length), requestMac, unsigned, variables(key, record)]);
    const late = Math.abs(now.getTime() / 1000 - record.time) > record.fudge;
    const same = record.mac.length === expected.length && timingSafeEqual(record.mac, expected);
    if (!same || (late && record.error === 0)) return { verified: false, error: record.error };
    const serverTime = record.other.length === 6 ? new Date(record.other.readUIntBE(0, 6) * 1000) : undefined;
    return { verified: true, error: record.error, ...(serverTime && { serverTime }) };
  } catch (error) {
    if (error instanceof RangeError) return { verified: false, error: 0 }; // cut off
    throw error;
  }
}

interface Fields {
  readonly time: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

/** RFC 8945 §4.3.3. Names are those of our key: a record under another name comes to another MAC. */
function variables(key: TsigKey, { time, fudge: allowed, error, other }: Fields): Buffer {
  return Buffer.concat([
    ...[wireName(key.name), u16(classes.any), u32(0), wireName(key.algorithm)],
    ...[u48(time), u16(allowed), u16(error), u16(other.length), other],
  ]);
}

function macOf(key: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(hashes[key.algorithm], key.secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** RFC 8945 §4.2; undefined when the record is no TSIG. @throws RangeError when it is cut off */
function readRecord(message: Buffer, start: number): (Fields & { mac: Buffer; id: Buffer }) | undefined {
  let at = afterName(message, start);
  if (message.readUInt16BE(at) !== types.tsig) return undefined;
  at = afterName(message, at + 10);
  const time = message.readUIntBE(at, 6);
  const allowed = message.readUInt16BE(at + 6);
  const mac = message.subarray(at + 10, at + 10 + message.readUInt16BE(at + 8));
  at += 10 + mac.length;
  const other = message.subarray(at + 6, at + 6 + message.readUInt16BE(at + 4));
  return { time, fudge: allowed, mac, id: message.subarray(at, at + 2), error: message.readUInt16BE(at + 2), other };
}
