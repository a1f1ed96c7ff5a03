import { rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { makeFolder } from '../../src/nginx/temporary-folder.ts';

const before = process.env.TMPDIR;
const made: string[] = [];

afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderOf(files: number): string {
  const folder = makeFolder(files);
  made.push(folder);
  return dirname(folder);
}

it('is where TMPDIR says', () => {
  process.env.TMPDIR = '/var/tmp';
  expect(folderOf(1)).toBe('/var/tmp');
});

it('is in memory otherwise, if there is room', () => {
  delete process.env.TMPDIR;
  const room = statfsSync('/dev/shm');
  const expected = room.bavail * room.bsize > 100_000_000 ? '/dev/shm' : tmpdir();
  expect(folderOf(1)).toBe(expected);
  expect(folderOf(1e12)).toBe(tmpdir());
});
