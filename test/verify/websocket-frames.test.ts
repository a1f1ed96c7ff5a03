import { describe, expect, it } from 'vitest';
import { acceptFor, decodeFrame, encodeFrame, opcode } from '../../src/verify/websocket-frames.ts';

/** The examples of RFC 6455, sections 1.3 and 5.7. */
describe('RFC 6455', () => {
  it('answers the key', () => {
    expect(acceptFor('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it('writes and reads an unmasked text', () => {
    const bytes = Buffer.from('810548656c6c6f', 'hex');
    expect(encodeFrame({ opcode: opcode.text, payload: Buffer.from('Hello') })).toEqual(bytes);
    expect(decodeFrame(bytes)).toEqual({ frame: { opcode: 1, payload: Buffer.from('Hello') }, size: 7 });
  });

  it('writes and reads a masked text', () => {
    const bytes = Buffer.from('818537fa213d7f9f4d5158', 'hex');
    const mask = Buffer.from('37fa213d', 'hex');
    expect(encodeFrame({ opcode: opcode.text, payload: Buffer.from('Hello') }, mask)).toEqual(bytes);
    expect(decodeFrame(bytes)).toEqual({ frame: { opcode: 1, payload: Buffer.from('Hello') }, size: 11 });
  });

  it.each([
    [256, '827e0100'],
    [65_536, '827f0000000000010000'],
  ])('writes the length %i', (length, head) => {
    const bytes = encodeFrame({ opcode: 2, payload: Buffer.alloc(length) });
    expect(bytes.subarray(0, head.length / 2).toString('hex')).toBe(head);
    expect(decodeFrame(bytes)?.frame.payload.length).toBe(length);
  });
});

it.each([0, 125, 126, 65_535, 65_536])('reads back %i bytes, and nothing of an incomplete frame', (length) => {
  const payload = Buffer.alloc(length, 'abc');
  const bytes = encodeFrame({ opcode: opcode.text, payload }, Buffer.from([1, 2, 3, 4]));
  const more = Buffer.concat([bytes, Buffer.from([0x81])]);
  const decoded = decodeFrame(more);
  expect(decoded?.size).toBe(bytes.length);
  expect(decoded?.frame.payload.equals(payload)).toBe(true);
  for (const size of [0, 1, 2, 5, bytes.length - 1]) expect(decodeFrame(bytes.subarray(0, size))).toBeUndefined();
});
