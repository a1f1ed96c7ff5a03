import { describe, expect, it } from 'vitest';
import { printable, SpecDocument, withoutPasswords } from '../../src/spec/document.ts';

function document(text: string): SpecDocument {
  return new SpecDocument({ file: 'keepgate.yaml', bytes: Buffer.from(text) });
}

describe('a place', () => {
  const text = [
    'version: 1',
    'sites:',
    '  api:',
    '    hosts: [a.example.com, "b"]',
    '    tls:',
    '    http2: true',
  ].join('\n');

  it.each([
    [['sites', 'api', 'hosts', 1], 'value', { line: 4, column: 28, length: 3 }],
    [['sites', 'api', 'hosts', 0], 'key', { line: 4, column: 13, length: 13 }],
    [['sites', 'api', 'hosts'], 'key', { line: 4, column: 5, length: 5 }],
    [['sites', 'api', 'tls'], 'value', { line: 5, column: 5, length: 3 }],
    [['sites', 'api'], 'key', { line: 3, column: 3, length: 3 }],
    [['sites', 'api'], 'value', { line: 4, column: 5, length: 27 }],
    [[], 'value', { line: 1, column: 1, length: 10 }],
  ] as const)('%j %s', (path, what, place) => {
    for (const ending of ['\n', '\r\n']) {
      const at = document(text.replaceAll('\n', ending)).locate(path, what);
      expect(at).toMatchObject({ file: 'keepgate.yaml', ...place });
      expect(at?.source).toBe(text.split('\n')[place.line - 1]);
    }
  });

  it.each([
    [['sites', 'web']],
    [['sites', 'api', 'hosts', 2]],
    [['sites', 'api', 'hosts', -1]],
    [['version', 'x']],
    [['sites', 'api', 'hosts', 'x']],
  ])('that is not there: %j', (path) => expect(document(text).locate(path)).toBeUndefined());

  it('counts UTF-16 code units, tabs and wide characters as one each', () => {
    expect(document('ä漢😀:\t"x"').locate(['ä漢😀'])).toMatchObject({ column: 7, length: 3 });
  });

  it('does not count a byte order mark', () => {
    expect(document('\ufeffa: x').locate(['a'])).toMatchObject({ line: 1, column: 4 });
  });

  it('is found in the first of two keys', () => {
    const twice = document('a: 1\nb: {c: 1, c: 2}');
    expect(twice.diagnostics[0]).toMatchObject({ code: 'duplicate-key', at: { line: 2, column: 11 } });
    expect(twice.locate(['b', 'c'])).toMatchObject({ column: 8 });
  });

  it('in a file of many lines', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `k${index}: ${index}`);
    const many = document(lines.join('\n'));
    for (const index of [0, 1, 499, 998, 999])
      expect(many.locate([`k${index}`])).toMatchObject({ line: index + 1, source: lines[index] });
  });
});

describe('values', () => {
  it('are plain', () => {
    const value = { a: 1, b: 'x', c: [true, null, 1.5], d: { 'e f': '010' } };
    expect(document(JSON.stringify(value)).value).toEqual(value);
    expect(document("a: 1\nb: x\nc: [true, ~, 1.5]\nd: {e f: '010'}").value).toEqual(value);
  });

  it('follow YAML 1.2: yes, no and on are texts', () => {
    expect(document('[yes, no, on, off, 1_000, 0b1, 2026-01-01, <<]').value).toEqual([
      'yes',
      'no',
      'on',
      'off',
      '1_000',
      '0b1',
      '2026-01-01',
      '<<',
    ]);
  });

  it('of raw text may have several lines', () => {
    expect(document('raw: |\n  a;\n  \tb;\n').diagnostics).toEqual([]);
    expect(document('row: |\n  a;\n  b;\n').diagnostics[0]).toMatchObject({ code: 'forbidden-character' });
  });

  it('have prototypes of plain objects, whatever the keys', () => {
    const { value } = document('{"constructor": 1, "toString": 2, "hasOwnProperty": 3}');
    expect(Object.keys(Object(value))).toEqual(['constructor', 'toString', 'hasOwnProperty']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('may be tagged as the text that they are', () => {
    expect(document('a: !!str 1').value).toEqual({ a: '1' });
  });
});

it('reports at most twenty errors of syntax', () => {
  const { diagnostics } = document('['.repeat(5000));
  expect(diagnostics.length).toBeGreaterThan(0);
  expect(diagnostics.length).toBeLessThanOrEqual(20);
});

describe('secrets', () => {
  it.each([
    ['http://user:secret@host/', 'http://***********@host/'],
    ['"http://u@host" and https://v:w@host', '"http://*@host" and https://***@host'],
    ['http://host/a@b', 'http://host/a@b'],
    ['mail@example.com', 'mail@example.com'],
  ])('%s', (text, shown) => expect(withoutPasswords(text)).toBe(shown));

  it('do not stand in the line of a finding', () => {
    const at = document('a: "http://user:secret@host"\nb: 1').locate(['a']);
    expect(at?.source).toBe('a: "http://***********@host"');
  });
});

it.each([
  ['a\nb\x1b[31m', 'a\ufffdb\ufffd[31m'],
  ['\u202eabc', '\ufffdabc'],
  ['bücher 漢', 'bücher 漢'],
  ['x'.repeat(81), `${'x'.repeat(79)}…`],
])('%j is printed as %j', (text, shown) => expect(printable(text)).toBe(shown));
