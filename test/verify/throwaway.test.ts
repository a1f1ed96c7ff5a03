import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { throwawayFolder, withThrowawayFolder } from '../../src/verify/throwaway.ts';

it('makes a folder that other users can enter and removes all of it', () => {
  const folder = throwawayFolder();
  writeFileSync(join(folder.path, 'file'), 'x');
  expect(statSync(folder.path).mode & 0o7777).toBe(0o755);
  folder.remove();
  folder.remove();
  expect(existsSync(folder.path)).toBe(false);
});

it('removes it after a failure too', async () => {
  let path = '';
  const failing = withThrowawayFolder((given) => {
    path = given;
    throw new Error('on purpose');
  });
  await expect(failing).rejects.toThrow('on purpose');
  expect(path).not.toBe('');
  expect(existsSync(path)).toBe(false);
});

it('hands on the result', async () => {
  expect(await withThrowawayFolder(async () => 7)).toBe(7);
});
