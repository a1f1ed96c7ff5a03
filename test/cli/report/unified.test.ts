import { expect, it } from 'vitest';
import { unified } from '../../../src/cli/report/unified.ts';

const path = 'conf.d/keepgate.conf';

it.each([
  ['change', 'a\n', 'b\n', `--- ${path}\n+++ ${path}\n@@ -1,1 +1,1 @@\n-a\n+b\n`],
  ['create', '', 'b\n', `--- /dev/null\n+++ ${path}\n@@ -0,0 +1,1 @@\n+b\n`],
  ['remove', 'a\n', '', `--- ${path}\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n`],
] as const)('%s begins with the names of the two files', (action, before, after, patch) => {
  expect(unified({ path, action, before, after, conflict: undefined })).toBe(patch);
});
