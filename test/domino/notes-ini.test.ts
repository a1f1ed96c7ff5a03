import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iniValue, setIniValue } from '../../src/domino/notes-ini.ts';

const name = 'KeepManagementURL';
const value = 'https://domino.example.com:8889';
const set = (text: string) => setIniValue(Buffer.from(text, 'latin1'), name, value);
const edited = (text: string): string => {
  const edit = set(text);
  return 'bytes' in edit ? edit.bytes.toString('latin1') : edit.state;
};
const line = `${name}=${value}`;

describe('notes.ini', () => {
  it.each([
    ['', `${line}\n`],
    ['[Notes]\n', `[Notes]\n${line}\n`],
    ['[Notes]\r\nA=1', `[Notes]\r\nA=1\r\n${line}`],
    ['[Notes]', `[Notes]\n${line}`],
    ['[Notes]\r\nKeepManagementURL=http://localhost:8889\r\nA=1\r\n', `[Notes]\r\n${line}\r\nA=1\r\n`],
    ['[Notes]\nkeepmanagementurl = x\nA=1', `[Notes]\n${line}\nA=1`],
    ['[Notes]\n;KeepManagementURL=x\n', `[Notes]\n;KeepManagementURL=x\n${line}\n`],
    [
      '[Notes]\nXKeepManagementURL=x\nKeepManagementURL2=x\n',
      `[Notes]\nXKeepManagementURL=x\nKeepManagementURL2=x\n${line}\n`,
    ],
    ['[Notes]\nA=KeepManagementURL=x\n', `[Notes]\nA=KeepManagementURL=x\n${line}\n`],
    ['[Notes]\nA=1\n[Other]\nB=2\n', `[Notes]\nA=1\n${line}\n[Other]\nB=2\n`],
    ['; mine\n\n[Notes]\nA=1\n', `; mine\n\n[Notes]\nA=1\n${line}\n`],
    ['\n[Notes]\nA=1\n[Other]\nB=2\n', `\n[Notes]\nA=1\n${line}\n[Other]\nB=2\n`],
    ['\xEF\xBB\xBF[Notes]\nA=1\n[Other]\n', `\xEF\xBB\xBF[Notes]\nA=1\n${line}\n[Other]\n`],
    ['[Notes]\n\n\nA=\xE9\xFC\n\n', `[Notes]\n\n\nA=\xE9\xFC\n\n${line}\n`],
  ])('%j', (before, expected) => {
    expect(edited(before)).toBe(expected);
    expect(set(expected)).toEqual({ state: 'same', bytes: Buffer.from(expected, 'latin1') });
  });

  it('with the setting twice is refused, and shown', () => {
    expect(set('[Notes]\nKeepManagementURL=a\nB=1\r\n keepmanagementURL=b\n')).toEqual({
      state: 'doubled',
      lines: [
        { line: 2, text: 'KeepManagementURL=a' },
        { line: 4, text: ' keepmanagementURL=b' },
      ],
    });
  });

  it('in UTF-16 is refused', () => {
    expect(setIniValue(Buffer.from('[Notes]\n', 'utf16le'), name, value)).toEqual({ state: 'not-text' });
  });

  it('tells a value', () => {
    expect(iniValue(Buffer.from('[Notes]\nkeepManagementURL= x=y \n'), name)).toBe('x=y');
    expect(iniValue(Buffer.from('[Notes]\n;KeepManagementURL=x\n'), name)).toBeUndefined();
  });
});

const bytesOfLine = fc.oneof(
  fc.constantFrom(
    '[Notes]',
    ' [Other] ',
    '',
    ';KeepManagementURL=x',
    '; a comment',
    'KitType=2',
    'ServerTasks=Update,restapi',
    '=',
  ),
  fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => Buffer.from(bytes.filter((byte) => ![0, 10, 13].includes(byte))).toString('latin1')),
);
const ends = fc.constantFrom('\n', '\r\n');
const someCase = fc
  .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
  .map((upper) => [...name].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter.toLowerCase())).join(''));

describe('over random files', () => {
  const others = fc
    .array(fc.tuple(bytesOfLine, ends), { maxLength: 30 })
    .filter((lines) => lines.every(([text]) => !/^(\xEF\xBB\xBF)?\s*keepmanagementurl\s*=/i.test(text)));

  it('only the line of the setting changes', () => {
    const setting = fc.tuple(
      someCase,
      fc.constantFrom('=', ' = ', '=  '),
      fc.constantFrom('', 'http://localhost:8889', '\xFF'),
    );
    fc.assert(
      fc.property(others, others, setting, ends, fc.boolean(), (above, below, [key, sign, old], end, noEnd) => {
        const join = (lines: readonly (readonly string[])[]): string => lines.map((parts) => parts.join('')).join('');
        const place = [...above, [`${key}${sign}${old}`, end], ...below];
        const cut = (text: string): string => (noEnd ? text.replace(/\r?\n$/, '') : text);
        const before = cut(join(place));
        const expected = cut(join([...above, [line, end], ...below]));
        expect(edited(before)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('without the setting, one line is added and every other keeps its bytes', () => {
    fc.assert(
      fc.property(others, fc.boolean(), (lines, noEnd) => {
        const text = lines.map((parts) => parts.join('')).join('');
        const before = noEnd ? text.replace(/\r?\n$/, '') : text;
        const was = before.split(/\r?\n/);
        const now = edited(before).split(/\r?\n/);
        const index = now.indexOf(line);
        expect(index).toBeGreaterThanOrEqual(0);
        const rest = now.toSpliced(index, 1);
        const headersIn = (some: readonly string[]): number =>
          some.filter((each) => /^\s*\[.*\]\s*$/.test(each.replace(/^\xEF\xBB\xBF/, ''))).length;
        expect(headersIn(now.slice(0, index))).toBe(Math.min(1, headersIn(was)));
        // a last line without an end has got one, and none is behind the new one
        expect(rest).toEqual(was.length === rest.length ? was : was.slice(0, -1));
        expect(
          before.startsWith(
            edited(before)
              .split(line)[0]
              ?.replace(/\r?\n$/, '') ?? '?',
          ),
        ).toBe(true);
        expect(iniValue(Buffer.from(edited(before), 'latin1'), name)).toBe(value);
      }),
      { numRuns: 500 },
    );
  });
});
