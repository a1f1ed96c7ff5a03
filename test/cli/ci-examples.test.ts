import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parts } from '../parts.ts';
import { runKeepgate } from '../run-keepgate.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keepgate-ci-'));
  copyFileSync('examples/minimal.yaml', join(folder, 'keepgate.yaml'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The arguments of every keepgate call of a pipeline, as its shell would split them. */
function calls(lines: readonly string[]): string[][] {
  return lines.flatMap((line) => {
    const words = /npx --yes keepgate@0\.1 ([^>]*)/.exec(line)?.[1]?.trim().split(' ');
    return words ? [words.map((word) => (word === '/usr/sbin/nginx' ? parts.nginx.bookworm : word))] : [];
  });
}

it.each([
  [
    'github-actions.yml',
    (text: string): string[] => parse(text).jobs.proxy.steps.flatMap(({ run }: { run?: string }) => run ?? []),
  ],
  ['gitlab-ci.yml', (text: string): string[] => parse(text).proxy.script],
])('the commands of examples/ci/%s work', async (name, linesOf) => {
  const found = calls(linesOf(readFileSync(join('examples/ci', name), 'utf8')));
  expect(found.map(([command]) => command)).toEqual(['check', 'render']);
  for (const words of found) {
    const { exitCode, stderr } = await runKeepgate(words, { cwd: folder });
    expect({ words, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ words, exitCode: 0, stderr: '' });
  }
  expect(readFileSync(join(folder, 'site/sites-available/keepgate_api.conf'), 'utf8')).toContain('api.example.com');

  // the version that the spec pins is the one that is tested, or the pipeline fails
  const check = found[0] ?? [];
  appendFileSync(join(folder, 'keepgate.yaml'), '\nnginx: {target: 1.22.1}\n');
  expect((await runKeepgate(check, { cwd: folder })).exitCode).toBe(0);
  const spec = readFileSync(join(folder, 'keepgate.yaml'), 'utf8').replace('1.22.1', '1.26.3');
  writeFileSync(join(folder, 'keepgate.yaml'), spec);
  const { exitCode, stdout } = await runKeepgate(check, { cwd: folder });
  expect(exitCode).toBe(1);
  expect(stdout).toContain('target-not-tested');
});
