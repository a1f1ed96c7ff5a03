/**
 * Follows nginx's lexer through a template's own text, so that it is known for every mustache whether a whole token stands
 * there. A set of states, because a block may be left out or repeated.
 */

/**
 * gap: a token may begin. token: inside a bare one. variable: the same, right after a `$`, where a `{` does not end it.
 * closed: right after a whole one. Others: inside quotes, or a comment.
 */
export type TokenState = 'gap' | 'token' | 'variable' | 'closed' | 'double' | 'single' | 'comment';

export type TokenStates = ReadonlySet<TokenState>;

/** The states after a piece of literal text; undefined when a whole token is followed by something that would join it. */
export function advance(states: TokenStates, text: string): TokenStates | undefined {
  const result = new Set<TokenState>();
  for (let state of states) {
    for (let at = 0; at < text.length; at++) {
      const next = step(state, text[at] ?? '');
      if (next === undefined) return undefined;
      if (text[at] === '\\' && state !== 'comment') at++;
      state = next;
    }
    result.add(state);
  }
  return result;
}

const separator = /[ \t\r\n]/;

function step(state: TokenState, character: string): TokenState | undefined {
  switch (state) {
    case 'comment':
      return character === '\n' ? 'gap' : 'comment';
    case 'double':
      return character === '"' ? 'closed' : 'double';
    case 'single':
      return character === "'" ? 'closed' : 'single';
    case 'closed':
      // A `{` could join a value that ends in `$`.
      return separator.test(character) || character === ';' ? 'gap' : undefined;
    case 'variable':
      return character === '{' ? 'variable' : step('token', character);
    case 'token':
      if (character === '$') return 'variable';
      return separator.test(character) || character === ';' || character === '{' ? 'gap' : 'token';
    case 'gap':
      if (separator.test(character) || /[;{}]/.test(character)) return 'gap';
      if (character === '#') return 'comment';
      if (character === '$') return 'variable';
      if (character === '"') return 'double';
      return character === "'" ? 'single' : 'token';
  }
}
