/** A port of the behaviour of nginx's configuration lexer (`ngx_conf_read_token`), byte for byte, for tests alone. */

export interface Token {
  /** After unescaping. */
  readonly text: string;
  readonly quoted: boolean;
}

/** A directive; `block` is there when it ended in `{` rather than `;`. */
export interface Directive {
  readonly tokens: readonly Token[];
  readonly block?: readonly Directive[];
}

/** What nginx refuses; the message begins as nginx's own does. */
export class LexerError extends Error {
  override readonly name = 'LexerError';
}

/** nginx reads a file through a buffer of this size, which a token or a comment has to fit in with what ends it. */
const bufferSize = 4096;

/** Reads a whole file. @throws LexerError */
export function parseNginx(text: string | Uint8Array): Directive[] {
  const reader = new Reader(Buffer.from(text));
  const directives: Directive[] = [];
  for (let next = reader.directive(); next !== 'end'; next = reader.directive()) {
    if (next === 'done') throw new LexerError('unexpected "}"');
    directives.push(next);
  }
  return directives;
}

class Reader {
  readonly #bytes: string;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes.toString('latin1');
  }

  /** The next directive with its block; `done` for a `}`, `end` for the end of the file. */
  directive(): Directive | 'done' | 'end' {
    const read = this.#tokens();
    if (typeof read === 'string') return read;
    const { tokens, ended } = read;
    if (ended === ';') return { tokens };
    const block: Directive[] = [];
    for (;;) {
      const next = this.directive();
      if (next === 'end') throw new LexerError('unexpected end of file, expecting "}"');
      if (next === 'done') return { tokens, block };
      block.push(next);
    }
  }

  #tokens(): { tokens: Token[]; ended: ';' | '{' } | 'done' | 'end' {
    const tokens: Token[] = [];
    let start = this.#at;
    let state: 'between' | 'bare' | 'quoted' | 'closed' | 'comment' = 'between';
    let quote = '';
    let escaped = false;
    let variable = false;
    const found = (): void => {
      const raw = this.#bytes.slice(start, this.#at - 1);
      tokens.push({ text: Buffer.from(unescaped(raw), 'latin1').toString(), quoted: state === 'quoted' });
    };
    for (;;) {
      const character = this.#bytes[this.#at];
      if (character === undefined) {
        if (tokens.length > 0 || state === 'bare' || state === 'quoted')
          throw new LexerError('unexpected end of file, expecting ";" or "}"');
        return 'end';
      }
      if (this.#at - start === bufferSize) throw new LexerError('too long parameter');
      this.#at++;

      if (state === 'comment') {
        if (character === '\n') {
          state = 'between';
          start = this.#at - 1;
        }
        continue;
      }
      if (escaped) {
        escaped = false;
        continue;
      }
      if (state === 'closed') {
        if (isSpace(character)) {
          state = 'between'; // and `start` stays where it is until the next byte
          continue;
        }
        if (character === ';' || character === '{') return { tokens, ended: character };
        if (character !== ')') throw new LexerError(`unexpected "${character}"`);
        state = 'between';
      }
      if (state === 'between') {
        start = this.#at - 1;
        if (isSpace(character)) continue;
        if (character === ';' || character === '{') {
          if (tokens.length === 0) throw new LexerError(`unexpected "${character}"`);
          return { tokens, ended: character };
        }
        if (character === '}') {
          if (tokens.length > 0) throw new LexerError('unexpected "}"');
          return 'done';
        }
        if (character === '#') {
          state = 'comment';
        } else if (character === '"' || character === "'") {
          state = 'quoted';
          quote = character;
          start++;
          variable = false;
        } else {
          state = 'bare';
          escaped = character === '\\';
          variable = character === '$';
        }
        continue;
      }
      if (character === '{' && variable) continue;
      variable = character === '$';
      if (character === '\\') {
        escaped = true;
      } else if (state === 'quoted') {
        if (character !== quote) continue;
        found();
        state = 'closed';
      } else if (isSpace(character) || character === ';' || character === '{') {
        found();
        if (character === ';' || character === '{') return { tokens, ended: character };
        state = 'between';
      }
    }
  }
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

const escapes: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };

/** Any other `\x` stays as it is. */
function unescaped(raw: string): string {
  return raw.replace(/\\(["'\\trn])/g, (_, character: string) => escapes[character] ?? character);
}
