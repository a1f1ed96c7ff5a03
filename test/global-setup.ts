import { mkdirSync, rmSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { testParts } from '../scripts/parts.mjs';

/** Unpacks the real programs once, before any worker starts; workers inherit the environment (see parts.ts). */
export async function setup(project: TestProject): Promise<void> {
  const parts = await testParts();
  process.env.KEEPGATE_TEST_PARTS = JSON.stringify(parts);
  // What keepgate itself looks at: its sandbox, and the nginx that counts as the installed one.
  process.env.KEEPGATE_BWRAP = parts.bwrap;
  process.env.PATH = [dirname(parts.nginx.bookworm), process.env.PATH].join(delimiter);
  if (project.vitest.config.coverage.enabled) process.env.KEEPGATE_TEST_COVERAGE = emptyFolder('coverage/children');
}

function emptyFolder(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return resolve(path);
}
