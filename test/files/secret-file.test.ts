/** Which links lead to a secret, and which don't. */
import {
  chmodSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSecretFile } from '../../src/files/secret-file.ts';

const asRoot = process.getuid?.() === 0;
const stranger = 54_321;
let home = '';
beforeEach(() => {
  home = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-secret-'));
  for (const name of ['own', 'open', 'sticky', 'sticky/..new']) mkdirSync(at(name));
  chmodSync(at('open'), 0o777);
  chmodSync(at('sticky'), 0o1777);
  for (const name of ['own/secret', 'sticky/..new/secret']) writeFileSync(at(name), 'secret', { mode: 0o600 });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const at = (path: string): string => join(home, path);
function read(path: string): string {
  const file = readSecretFile(at(path));
  return file.state === 'read' ? file.bytes.toString() : 'reason' in file ? file.reason.replace(home, '') : file.state;
}

it('those of our own do, also as Kubernetes has them', () => {
  symlinkSync('own', at('folder'));
  symlinkSync('folder/../own/secret', at('relative'));
  symlinkSync('..new', at('sticky/..data'));
  symlinkSync('..data/secret', at('sticky/secret'));
  for (const path of ['own/secret', 'folder/secret', 'relative', 'sticky/secret', 'sticky/..data/secret'])
    expect(read(path), path).toBe('secret');
});

it('a second name of one in a sticky folder, or one where everyone may write, does not', () => {
  symlinkSync(at('own'), at('folder'));
  symlinkSync(at('own/secret'), at('link'));
  const why = 'symbolic link that another user could have made';
  linkSync(at('link'), at('sticky/link'));
  linkSync(at('folder'), at('sticky/folder'));
  symlinkSync(at('own/secret'), at('open/link'));
  symlinkSync(at('own'), at('open/folder'));
  for (const path of ['sticky/link', 'sticky/folder/secret', 'open/link']) expect(read(path), path).toContain(why);
  expect(read('open/folder/secret')).toBe(
    '/open/folder is a symbolic link, and '.concat(at('open'), ', where it lies, can be written by everyone'),
  );
});

it('nor does one of our own that leads to such a one', () => {
  symlinkSync(at('own/secret'), at('open/link'));
  symlinkSync(at('open/link'), at('own/link'));
  expect(read('own/link')).toContain('that another user could have made');
});

it('what is missing, a circle, a folder', () => {
  symlinkSync('circle', at('circle'));
  expect(read('gone/secret')).toBe('missing');
  expect(read('own/gone')).toBe('missing');
  expect(read('own')).toBe('not-a-file');
  expect(read('circle')).toBe('too many symbolic links lead to it');
  expect(read('circle/secret')).toContain('leads in a circle');
});

describe.runIf(asRoot)('another user', () => {
  it('whose link lies in a sticky folder', () => {
    symlinkSync(at('own/secret'), at('sticky/link'));
    symlinkSync(at('own'), at('sticky/folder'));
    for (const path of ['sticky/link', 'sticky/folder']) lchownSync(at(path), stranger, stranger);
    for (const path of ['sticky/link', 'sticky/folder/secret'])
      expect(read(path), path).toContain('symbolic link that another user could have made');
  });
});
