import { describe, expect, it } from 'vitest';
import { doubledKey, editSettings, parseSettings } from '../../src/domino/settings-text.ts';

describe('a file of keepconfig.d', () => {
  it.each([
    ['{"PORT": 8880,}', 'is not JSON', 1],
    ['{\n\n  "PORT" 8880\n}', 'is not JSON', 3],
    ['[1]', 'is not a JSON object', 1],
    ['"a"', 'is not a JSON object', 1],
    ['', 'is not JSON', 1],
    [`${'['.repeat(200_000)}`, 'is nested too deeply', 1],
  ])('%.20j is refused', (text, problem, line) => {
    expect(parseSettings(text)).toEqual({ ok: false, problem, line });
  });

  it('may have comments, and strange keys', () => {
    const parsed = parseSettings('// ours\n{"a": /* x */ 1, "__proto__": {"b": 2}}');
    expect(parsed.ok && Object.entries(parsed.settings)).toEqual([
      ['a', 1],
      ['__proto__', expect.objectContaining({ b: 2 })],
    ]);
  });

  it('keeps what an edit does not name: unknown keys, numbers as they are written, comments, line ends', () => {
    const text = '{\r\n    // ours\r\n    "big": 12345678901234567890, "f": 1.0,\r\n    "TLSFile": "a"\r\n}\r\n';
    const edited = editSettings(text, [
      { path: ['TLSFile'], value: 'b' },
      { path: ['TLSType'], value: 'pfx' },
      { path: ['not', 'there'], value: undefined },
    ]);
    expect(edited).toBe(
      '{\r\n    // ours\r\n    "big": 12345678901234567890, "f": 1.0,\r\n    "TLSFile": "b",\r\n    "TLSType": "pfx"\r\n}\r\n',
    );
    expect(editSettings(edited, [{ path: ['TLSType'], value: undefined }])).toBe(text.replace('"a"', '"b"'));
  });

  it('is made of nothing', () => {
    const edits = [
      { path: ['a', 'b'], value: [1, 2] },
      { path: ['a', 'x.y'], value: true },
    ];
    expect(JSON.parse(editSettings('', edits))).toEqual({ a: { b: [1, 2], 'x.y': true } });
  });

  it('is searched for keys that stand twice', () => {
    expect(doubledKey('{"a": 1, "b": {"c": 1, "c": 2}}')).toBe('c');
    expect(doubledKey('{"a": {"c": 1}, "b": {"c": 1}, "d": [{"e": 1}, {"e": 1}]}')).toBeUndefined();
  });
});
