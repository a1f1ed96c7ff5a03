import type { Duplex } from 'node:stream';

/** Reads a stream in the units of a protocol. Errors of the stream come out of every method. */
export class ByteReader {
  #pending: Buffer = Buffer.alloc(0);
  readonly #source: AsyncIterator<Buffer>;

  constructor(stream: Duplex) {
    this.#source = stream[Symbol.asyncIterator]();
  }

  /** All up to and with the separator; undefined when the stream ends first. */
  async until(separator: string): Promise<Buffer | undefined> {
    for (;;) {
      const found = this.#pending.indexOf(separator);
      if (found >= 0) return this.#take(found + separator.length);
      if (!(await this.#more())) return undefined;
    }
  }

  /** The next so many bytes as they arrive; an endless number means until the stream ends. */
  async *pieces(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.#pending.length === 0 && !(await this.#more())) {
        if (left === Number.POSITIVE_INFINITY) return;
        throw new Error(`the connection ended ${left} bytes before the end of a body`);
      }
      const piece = this.#take(Math.min(left, this.#pending.length));
      left -= piece.length;
      yield piece;
    }
  }

  /** What `decode` makes of the pending bytes and how many it took, as soon as that is defined. */
  async decoded<T>(decode: (bytes: Buffer) => { readonly value: T; readonly size: number } | undefined): Promise<T> {
    for (;;) {
      const next = decode(this.#pending);
      if (next !== undefined) {
        this.#take(next.size);
        return next.value;
      }
      if (!(await this.#more())) throw new Error('the connection ended in the middle of a message');
    }
  }

  #take(size: number): Buffer {
    const taken = this.#pending.subarray(0, size);
    this.#pending = this.#pending.subarray(size);
    return taken;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#pending = Buffer.concat([this.#pending, value]);
    return true;
  }
}
