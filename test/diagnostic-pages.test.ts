import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pages } from '../src/diagnostic-pages.ts';
import { rules } from '../src/lint/index.ts';
import { formats } from '../src/spec/formats.ts';

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.includes('.gen.') && !file.startsWith('pages/'))
  .map((file) => readFileSync(join('src', file), 'utf8'));

/** The codes that the sources give to diagnostics, in each of the ways in which they do. */
function codesOf(text: string): string[] {
  const word = "'([a-z0-9]+(?:-[a-z0-9]+)+)'";
  const ways = [
    `\\bcode: ${word}`,
    `\\bcode: [^\\n,]*\\? ${word} : ${word}`,
    `(?:failure|report)\\(\\s*${word}`,
    `#refuse\\(\\s*\\w+,\\s*${word}`,
  ];
  const plain = ways.flatMap((way) => [...text.matchAll(new RegExp(way, 'g'))].flatMap((match) => match.slice(1)));
  const ofKinds = [...text.matchAll(/code(?::| =) `\$\{kind\}(-[a-z-]+)`/g)].flatMap(([, rest = '']) =>
    ['certificate', 'ca', 'password-file'].map((kind) => `${kind}${rest}`),
  );
  return [...plain, ...ofKinds].filter((code) => code !== undefined);
}

const codes = new Set([
  ...sources.flatMap(codesOf),
  ...rules.map(({ code }) => code),
  ...Object.keys(formats).map((format) => `invalid-${format}`),
]);

describe('pages', () => {
  it('are there for every code, and for nothing else', () => {
    expect(codes.size).toBeGreaterThan(100);
    expect([...pages.keys()]).toEqual([...codes].sort());
  });

  it.each([...pages])('%s can be read on a terminal', (code, { title, text }) => {
    expect(title, code).toMatch(/^[a-z]\S*( \S+)+[^.]$/i);
    expect(text.length).toBeGreaterThan(60);
    for (const line of text.split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(line.startsWith('  ') ? 140 : 100);
      expect(line).toBe(line.trimEnd());
    }
  });
});
