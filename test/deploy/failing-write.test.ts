/** `render --out` while the file system refuses one of its changes: all of the files are written, or none. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KeepgateError } from '../../src/diagnostic.ts';
import { steps } from '../kill-at.mjs';
import { memory } from '../memory.ts';
import { expectedTree, renderedOf, treeOf } from './rendered.ts';
import { writeInto } from './write-into.ts';

const old = renderedOf({ api: 8080, gone: 8081, same: 8082 });
const next = renderedOf({ api: 9090, same: 8082, added: 8083 });
let home = '';
beforeEach(() => {
  home = mkdtempSync(join(memory(), 'keepgate-failing-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** `.keepgate-X.tmp` is read by nobody, and the next run removes it. */
const written = (folder: string) =>
  Object.fromEntries(Object.entries(treeOf(folder)).filter(([path]) => !/(^|\/)\.keepgate/.test(path)));

/** Resolves to how many steps it took, and whether it was refused. */
function failing(folder: string, fails: typeof steps.fails): { count: number; refused: boolean } {
  Object.assign(steps, { count: 0, fails });
  try {
    expect(writeInto(folder, next, false).ok).toBe(true);
    return { count: steps.count, refused: false };
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    expect([error.exitCode, error.diagnostic.code]).toEqual([4, 'out-not-usable']);
    expect(error.diagnostic.message).not.toContain('/proc/');
    return { count: steps.count, refused: true };
  } finally {
    steps.fails = () => undefined;
  }
}

it.each(['ENOSPC', 'EROFS', 'EACCES'])('%s at each change', (code) => {
  const [start, folder] = [join(home, 'start'), join(home, 'site')];
  writeInto(start, old, false);
  const again = (): void => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(start, folder, { recursive: true, verbatimSymlinks: true });
  };
  again();
  const { count } = failing(folder, () => undefined);
  expect(count).toBeGreaterThan(30);
  let refusals = 0;
  for (let at = 1; at <= count; at++) {
    again();
    const { refused } = failing(folder, (number) => (number === at ? code : undefined));
    refusals += Number(refused);
    // What is not refused could not remove its own second names: all is in its place.
    expect(written(folder), `failed at ${at}`).toEqual(expectedTree(refused ? old : next));
    expect(writeInto(folder, next, false).ok, `after ${at}`).toBe(true);
    expect(treeOf(folder), `after ${at}`).toEqual(expectedTree(next));
  }
  expect(refusals).toBeGreaterThan(30);
});
