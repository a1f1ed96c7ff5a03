import { describe, expect, it } from 'vitest';
import { coverageTable, lineCoverage, percent } from './lines.ts';

const statement = (line: number, column: number) => ({ start: { line, column }, end: { line, column: null } });
const file = {
  path: 'src/a.ts',
  statementMap: { 0: statement(1, 0), 1: statement(2, 2), 2: statement(2, 20), 3: statement(3, 2), 4: statement(7, 0) },
  s: { 0: 1, 1: 0, 2: 0, 3: 0, 4: 0 },
};

describe('lineCoverage', () => {
  it('counts what ran in the tests', () => {
    expect(lineCoverage(file, [])).toEqual({ path: 'src/a.ts', total: 4, missed: [2, 3, 7] });
  });

  it('counts what ran in a child, and only that', () => {
    const children = [
      { line: 2, column: 4, hit: false },
      { line: 2, column: 22, hit: true },
      { line: 3, column: 2, hit: false },
      { line: 9, column: 0, hit: true },
    ];
    expect(lineCoverage(file, children).missed).toEqual([3, 7]);
  });

  it('takes a place that any chunk executed', () => {
    const children = [
      { line: 3, column: 2, hit: false },
      { line: 3, column: 2, hit: true },
    ];
    expect(lineCoverage(file, children).missed).toEqual([2, 7]);
  });
});

it('prints missed lines in short form', () => {
  const table = coverageTable([
    { path: 'a.ts', total: 10, missed: [1, 2, 3, 7] },
    { path: 'long.ts', total: 4, missed: [] },
  ]);
  expect(table).toBe('a.ts      60.0%  1-3 7\nlong.ts  100.0%');
  expect(percent(0, 0)).toBe('100.0%');
});
