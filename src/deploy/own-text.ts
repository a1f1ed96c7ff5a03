/** What a file of keepgate's says, read from its text: where nothing else is left that knows it. */

/** The server blocks, each from behind its opening brace. */
export function blocksOf(text: string | Uint8Array): string[] {
  return Buffer.from(text)
    .toString('utf8')
    .split(/^server \{$/m)
    .slice(1);
}

/** The words of each directive of this name, without quotes. */
export function valuesOf(block: string, name: string): string[][] {
  const lines = block.matchAll(new RegExp(`^ {4}${name} +([^;]+);`, 'gm'));
  return [...lines].map(([, words = '']) => words.split(/\s+/).map((word) => word.replace(/^(["'])(.*)\1$/, '$2')));
}
