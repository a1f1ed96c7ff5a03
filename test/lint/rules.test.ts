import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rules } from '../../src/lint/index.ts';
import { findingsOf } from '../reported.ts';
import { expectText } from '../text-fixture.ts';

const folders = readdirSync('test/lint', { withFileTypes: true }).filter((entry) => entry.isDirectory());

const cases = rules.flatMap(({ code }) => {
  const folder = `test/lint/${code}`;
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.yaml')) : [];
  return files.map((file) => ({ code, folder, file, bad: file.startsWith('bad') }));
});

describe('rules', () => {
  it.each(rules.map(({ code }) => code))('%s has a bad spec and a good one', (code) => {
    const files = cases.filter((one) => one.code === code).map(({ file }) => file);
    expect(files).toEqual(expect.arrayContaining(['bad.yaml', 'ok.yaml']));
  });

  it('have nothing else in their folder', () => {
    expect(folders.map(({ name }) => name).sort()).toEqual(rules.map(({ code }) => code).sort());
  });

  it('are in files of their names, in order, each with a page', () => {
    const codes = rules.map(({ code }) => code);
    expect(codes).toEqual([...codes].sort());
    expect(readdirSync('src/lint/rules').sort()).toEqual(codes.map((code) => `${code}.ts`));
    for (const { title, page } of rules) {
      expect(title).toMatch(/^\S.*[^.]$/);
      expect(page.split('\n').every((line) => line.length <= 140 && line.trimEnd() === line)).toBe(true);
    }
  });

  it.each(cases.filter(({ bad }) => bad))('$code: $file is reported', ({ code, folder, file }) => {
    const { diagnostics, text } = findingsOf(folder, file);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
    expectText(text(), `${folder}/${file.replace(/yaml$/, 'txt')}`);
  });

  it.each(cases.filter(({ bad }) => !bad))('$code: $file has nothing of it', ({ code, folder, file }) => {
    const { diagnostics } = findingsOf(folder, file);
    expect(diagnostics.filter((diagnostic) => diagnostic.code === code)).toEqual([]);
    // it has to get as far as the rules
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
