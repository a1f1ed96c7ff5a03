/** Just enough DER (ITU-T X.690) to write a certificate and to look into one. */

/** One value: tag, length, and the contents one after the other. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length, ...length), body]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => der(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => der(0x31, ...items);
export const octetString = (content: Uint8Array): Buffer => der(0x04, content);
export const utf8String = (text: string): Buffer => der(0x0c, Buffer.from(text));
export const trueValue: Buffer = der(0x01, Buffer.of(0xff));

/** A context-specific tag around whole values, such as `[3] EXPLICIT`. */
export const explicit = (number: number, ...items: readonly Uint8Array[]): Buffer => der(0xa0 | number, ...items);

/** A context-specific tag instead of the value's own, such as `[2] IMPLICIT IA5String`. */
export const implicit = (number: number, content: Uint8Array): Buffer => der(0x80 | number, content);

/** A non-negative integer, given as its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const significant = first < 0 ? Buffer.of(0) : bytes.subarray(first);
  const needsSign = (significant[0] ?? 0) >= 0x80;
  return der(0x02, needsSign ? Buffer.of(0) : Buffer.of(), significant);
}

/** A bit string; `unused` bits at the end of the last byte don't count. */
export const bitString = (bytes: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.of(unused), bytes);

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128));
    return digits;
  });
  return der(0x06, Buffer.from(bytes));
}

/** A moment in whole seconds: UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280, section 4.1.2.5). */
export function time(moment: Date): Buffer {
  const digits = moment.toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '');
  return moment.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

/** The values inside a constructed value, each with its tag and length. Throws RangeError where they don't fit. */
export function children(value: Uint8Array): Uint8Array[] {
  const items: Uint8Array[] = [];
  const outer = extent(value, 0);
  for (let at = outer.content; at < outer.end; ) {
    const { end } = extent(value, at);
    items.push(value.subarray(at, end));
    at = end;
  }
  return items;
}

/** What is inside a value, without its tag and length. Throws RangeError where it doesn't fit. */
export function content(value: Uint8Array): Uint8Array {
  const inner = extent(value, 0);
  return value.subarray(inner.content, inner.end);
}

/** Where the contents of the value at this offset begin and end. */
function extent(bytes: Uint8Array, at: number): { content: number; end: number } {
  let length = bytes[at + 1] ?? Number.POSITIVE_INFINITY;
  let content = at + 2;
  if (length >= 0x80) {
    const digits = bytes.subarray(content, content + (length & 0x7f));
    content += digits.length;
    length = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  }
  const end = content + length;
  if (end > bytes.length) throw new RangeError(`the value at byte ${at} is longer than its surroundings`);
  return { content, end };
}
