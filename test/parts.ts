import type { Suite, TestParts } from '../scripts/parts.mjs';

export type { Suite };

const json = process.env.KEEPGATE_TEST_PARTS;
if (json === undefined) throw new Error('KEEPGATE_TEST_PARTS is not set: run this through vitest and global-setup.ts');

/** Absolute paths of the real programs; `nginx.bullseye` is missing where the mirror has no bullseye any more. */
export const parts: TestParts = JSON.parse(json);

const all: readonly Suite[] = ['bullseye', 'bookworm', 'trixie', 'forky'];

/** The Debian suites whose nginx (1.18, 1.22, 1.26, 1.30) can be tested here, oldest first. */
export const suites: readonly Suite[] = all.filter((suite) => parts.nginx[suite] !== undefined);

/** The nginx of a suite out of `suites`. */
export const nginxOf = (suite: Suite): string => {
  const path = parts.nginx[suite];
  if (path === undefined) throw new Error(`there is no nginx of Debian ${suite} here; take a suite out of suites`);
  return path;
};
