import { relative } from 'node:path';
import type { Reporter } from 'vitest/node';
import { coverageOfChildren } from './children.ts';
import { coverageTable, type FileCoverage, lineCoverage, percent, totalOf } from './lines.ts';

/** Percent of all lines of src/, generated files aside. */
const threshold = 90;

/** With --coverage: prints the lines that neither the tests nor the programs they ran came by, and fails below the threshold. */
export class CoverageReporter implements Reporter {
  onCoverage(coverage: unknown): void {
    const { data } = coverage as { data: Record<string, { data?: FileCoverage } & FileCoverage> };
    const folder = process.env.KEEPGATE_TEST_COVERAGE;
    if (folder === undefined) throw new Error('KEEPGATE_TEST_COVERAGE is not set: global-setup.ts sets it');
    const children = coverageOfChildren(folder);
    const files = Object.values(data)
      .map((entry) => lineCoverage(entry.data ?? entry, children.get(entry.path) ?? []))
      .map((lines) => ({ ...lines, path: relative(process.cwd(), lines.path) }))
      .filter(({ total }) => total > 0)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    const { total, missed } = totalOf(files);
    console.log(`\nLines covered, child processes included, and the lines that are not:\n${coverageTable(files)}`);
    console.log(`${percent(total, missed)} of ${total} lines; at least ${threshold}% is asked for\n`);
    if (100 * (total - missed) < threshold * total) {
      console.error(`Line coverage is below ${threshold}%.`);
      process.exitCode = 1;
    }
  }
}
