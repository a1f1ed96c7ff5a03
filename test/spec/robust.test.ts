/** loadSpec never throws, and takes no longer than the size of a text is worth. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSpec } from '../../src/spec/load.ts';
import { times } from '../everything.ts';

const load = (text: string | Uint8Array) => loadSpec([{ file: 'f', bytes: Buffer.from(text) }]).diagnostics;
const repeated = (token: string, size: number) => token.repeat(Math.floor(size / Buffer.byteLength(token)));

const tokens = [
  ...[
    ': \n',
    '? ',
    '? \n',
    '- ',
    '-\n',
    '[',
    '{',
    '[{',
    ']',
    '}',
    ',',
    '"',
    '\\"',
    '"\\',
    "'",
    '&a ',
    '*a\n',
    '!x ',
    '!!x\n',
  ],
  ...[
    '# ',
    '#\n',
    '|\n',
    '>\n',
    '%',
    '%YAML 1.2\n',
    '---\n',
    '...\n',
    '\t',
    ' ',
    '\n',
    '\r',
    '\r\n',
    'a: ',
    'a:\n',
    'a: b\n',
  ],
  ...[
    'a\n',
    '- - ',
    ': ',
    ':',
    '<<: *a\n',
    '@',
    '`',
    '0',
    '\u0085',
    '\ufeff',
    '🎂',
    '[a, ',
    '{a: ',
    '{"a":',
    '[[],',
    'sites: \n',
  ],
  ...[
    'a: |\n b\n',
    'a: &a [*a]\n',
    '- ? : ',
    ', : ',
    '[: ',
    '{? ',
    '"\n',
    '"\\\n',
    '\\',
    '://',
    '"://x@\n',
    'a: [\n',
    '? - ',
    '"] ',
  ],
];
const heads = ['', 'version: 1\nsites:\n  a:\n    ', 'version: 1\nsites: {a: '];

describe('a text of one odd token again and again', () => {
  it.each(tokens)('%j', { timeout: 600_000 }, (token) => {
    for (const head of heads) {
      const found = load(`${head}${repeated(token, times(950_000, 4_000))}`);
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(101);
    }
  });
});

it('of several odd tokens, or of bytes', { timeout: 600_000 }, () => {
  const part = fc.tuple(fc.constantFrom(...tokens, ...heads), fc.nat(50)).map(([token, count]) => token.repeat(count));
  const text = fc.array(part, { maxLength: 12 }).map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      expect(load(bytes).length).toBeGreaterThan(0);
    }),
    { numRuns: times(20_000, 500) },
  );
});

it('does not read on to the end of a line for each quote in it', { timeout: 20_000 }, () => {
  const started = performance.now();
  load(repeated('\\"', 400_000));
  expect(performance.now() - started).toBeLessThan(10_000);
});

describe('very many mistakes', () => {
  it('of a text are told in part, and counted', { timeout: 60_000 }, () => {
    const found = load(': \n'.repeat(200_000));
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toEqual({
      code: 'more-findings',
      severity: 'error',
      message: '199900 more errors in f are not shown',
      help: 'Mend some of those above and run it again.',
      count: 199_900,
    });
  });

  it('against the schema, too', { timeout: 60_000 }, () => {
    const site = (_: unknown, index: number) =>
      `  s${index}: {hosts: [s${index}.example.com], upstreem: 1, upstream: 7}\n`;
    const found = load(`version: 1\nsites:\n${Array.from({ length: 5000 }, site).join('')}`);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toMatchObject({ code: 'more-findings', count: 9900 });
  });
});
