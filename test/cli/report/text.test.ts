import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { report } from '../../../src/cli/report/index.ts';
import type { Diagnostic, Location } from '../../../src/diagnostic.ts';
import { at, findings, plain, withIgnored } from './findings.ts';

const shown = (place: Location): string[] => {
  const diagnostic: Diagnostic = { code: 'some-code', severity: 'error', message: 'it is wrong', at: place };
  return report('text', [diagnostic], plain).split('\n').slice(1, 3);
};

describe('text', () => {
  it('shows each finding with its place, in the order of the places', async () => {
    await expect(report('text', findings, withIgnored)).toMatchFileSnapshot('fixtures/findings.txt');
  });

  it('shows lines of all kinds', async () => {
    const lines = [
      at('wide.yaml', 1, 'name: 東京タワー # 한국어 ｶﾅ', '# 한국어'),
      at('wide.yaml', 2, 'name: "한국어", next: x', 'next'),
      at('wide.yaml', 3, 'name: 🚀🚀, e\u0301te\u0301: x', 'x'),
      at('wide.yaml', 4, 'ｶﾅ: x', 'x'),
      at('tabs.yaml', 1, '\thosts:\t[a]', '[a]'),
      at('hidden.yaml', 1, 'host: a\u202eb\u200b\u001b[31mc', '\u202e'),
      { file: 'end.yaml', line: 1, column: 8, length: 1, source: 'unended' },
      { file: 'empty.yaml', line: 1000, column: 1, length: 1, source: '' },
    ];
    const diagnostics = lines.map(
      (place): Diagnostic => ({ code: 'here', severity: 'error', message: 'here', at: place }),
    );
    await expect(report('text', diagnostics, plain)).toMatchFileSnapshot('fixtures/lines.txt');
  });

  describe('clips a long line around the caret', () => {
    const long = `begin ${'x'.repeat(300)} target ${'y'.repeat(300)} end`;
    const room = '  1 | '.length + 160;

    it.each([
      ['begin', 'begin x', 'x…'],
      ['target', '…x', 'y…'],
      ['end', '…y', 'y end'],
    ])('at "%s"', (what, opening, closing) => {
      const [source = '', carets = ''] = shown(at('f', 1, long, what));
      expect(source.length).toBeLessThanOrEqual(room);
      expect(source.slice('  1 | '.length).startsWith(opening)).toBe(true);
      expect(source.endsWith(closing)).toBe(true);
      expect(source.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe(what);
    });

    it('and the carets with it', () => {
      const [source = '', carets = ''] = shown(at('f', 1, long, long));
      expect(source.length).toBe(room - 1);
      expect(carets.length).toBe(source.length - 1);
    });

    it('counts columns, not characters', () => {
      const [source = '', carets = ''] = shown(at('f', 1, `${'語'.repeat(200)}!${'語'.repeat(200)}`, '!'));
      const [left = ''] = source.slice('  1 | '.length).split('!');
      expect(left[0]).toBe('…');
      expect(carets.indexOf('^')).toBe('  1 | '.length + 1 + (left.length - 1) * 2);
    });

    it('leaves a line of 160 columns alone', () => {
      const line = `${'x'.repeat(159)}!`;
      expect(shown(at('f', 1, line, '!'))[0]).toBe(`  1 | ${line}`);
    });
  });

  it('never lets a control character through', () => {
    const nasty = 'a\u001b[2Jb\u009bc\u0000d\u202ee\ud800f\r\u2028\u0007';
    const place: Location = { file: nasty, line: 1, column: 1, length: 3, source: nasty };
    const diagnostic: Diagnostic = {
      code: nasty,
      severity: 'error',
      message: `${nasty}\nsecond`,
      help: nasty,
      at: place,
      related: [{ message: nasty, at: place }],
    };
    const said = report('text', [diagnostic, { code: 'x', severity: 'info', message: 'y', site: nasty }], plain);
    expect(said).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
    expect(said).toContain('a\\u{1b}[2Jb\\u{9b}c\\u{0}d\\u{202e}e\\u{d800}f\\u{d}\\u{2028}\\u{7}');
  });

  it('is coloured only when asked, with the same words', () => {
    const colored = report('text', findings, { ...withIgnored, color: true });
    expect(colored).toContain('\u001b[31m');
    expect(stripVTControlCharacters(colored)).toBe(report('text', findings, withIgnored));
    expect(report('text', findings, withIgnored)).not.toContain('\u001b');
  });

  it.each([
    [[], 0, 'nothing to report\n'],
    [[], 12, 'nothing to report; 12 findings ignored with a reason\n'],
    [findings.filter(({ code }) => code === 'unknown-key'), 0, '\n1 error in 1 file\n'],
    [findings.filter(({ code }) => code === 'nginx-missing'), 1, '\n1 warning; 1 finding ignored with a reason\n'],
  ])('ends with a summary in plain words', (diagnostics, count, end) => {
    const ignored = Array(count).fill(withIgnored.ignored[0]);
    const said = report('text', diagnostics, { color: false, ignored });
    expect(said.endsWith(end)).toBe(true);
  });
});
