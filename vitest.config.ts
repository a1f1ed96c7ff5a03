import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/closing-line.ts';
import { CoverageReporter } from './test/coverage/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/own-ports.ts'],
    globalSetup: 'test/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ['default', new CoverageReporter(), new ClosingLine()],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.gen.*'],
      reporter: [], // CoverageReporter merges the child processes in
      reportsDirectory: 'coverage/vitest',
    },
  },
});
