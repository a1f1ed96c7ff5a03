/** Writing that dies before each of its changes to the disk. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { manifestName, type Rendered } from '../../src/render/render.ts';
import { crashAt } from './dying-disk.ts';
import { expectedTree, renderedOf, treeOf } from './rendered.ts';
import { writeInto } from './write-into.ts';

let home = '';
let folder = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'keepgate-crash-'));
  folder = join(home, 'site');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const never = Number.POSITIVE_INFINITY;
const write = (rendered: Rendered): void => {
  const result = writeInto(folder, rendered, false);
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
};

const old = renderedOf({ api: 8080, gone: 8081, same: 8082 });
const next = renderedOf({ api: 9090, same: 8082, added: 8083 });
const other = renderedOf({ api: 7070, added: 7071, gone: 8081 });
const last = renderedOf({ api: 6060, added: 6061 });

it('leaves each file old or new, and the next run finishes what it finds', () => {
  write(old);
  const start = join(home, 'start');
  cpSync(folder, start, { recursive: true, verbatimSymlinks: true });
  const again = (): void => {
    rmSync(folder, { recursive: true });
    cpSync(start, folder, { recursive: true, verbatimSymlinks: true });
  };
  const changes = crashAt(never, () => write(next));
  expect(changes).toBeGreaterThan(20);
  const [before, after] = [expectedTree(old), expectedTree(next)];
  for (let dead = 1; dead <= changes; dead++) {
    again();
    crashAt(dead, () => write(next));
    for (const [path, text] of Object.entries(treeOf(folder))) {
      if (path === manifestName || /(^|\/)\.keepgate-/.test(path)) continue;
      expect([before[path], after[path]], `${path}, dead at ${dead}`).toContain(text);
    }
    for (const path of Object.keys(before)) if (path in after) expect(treeOf(folder), path).toHaveProperty([path]);
    write(next);
    expect(treeOf(folder), `dead at ${dead}`).toEqual(after);
  }
});

it('is no confusion either when another spec comes next, and that run dies too', { timeout: 120_000 }, () => {
  write(old);
  const start = join(home, 'start');
  cpSync(folder, start, { recursive: true, verbatimSymlinks: true });
  const changes = crashAt(never, () => write(next));
  // nothing in its place yet, some of it, all but the manifest
  for (const first of [changes / 2, changes - 8, changes - 1])
    for (let second = 1; second <= changes; second++) {
      rmSync(folder, { recursive: true });
      cpSync(start, folder, { recursive: true, verbatimSymlinks: true });
      crashAt(first, () => write(next));
      crashAt(second, () => write(other));
      write(last);
      expect(treeOf(folder), `dead at ${first} and ${second}`).toEqual(expectedTree(last));
    }
});

it('a first run that dies leaves nothing that the next one takes for a stranger', () => {
  const changes = crashAt(never, () => write(old));
  for (let dead = 1; dead <= changes; dead++) {
    rmSync(folder, { recursive: true, force: true });
    crashAt(dead, () => write(old));
    write(next);
    expect(treeOf(folder), `dead at ${dead}`).toEqual(expectedTree(next));
  }
});
