/** Whose a folder is: the way to it, and what others may change on it. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WalkOptions, walkTo } from '../../src/files/trusted-folder.ts';

const asRoot = process.getuid?.() === 0;
const stranger = 54_321;
let home = '';
beforeEach(() => {
  home = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-trust-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const at = (path: string): string => join(home, path);
function folders(...paths: readonly string[]): void {
  for (const path of paths) mkdirSync(at(path), { recursive: true, mode: 0o755 });
}
function look(path: string, options?: WalkOptions) {
  const folder = walkTo(at(path), options);
  folder.release();
  return folder;
}
function refusal(path: string, options?: WalkOptions): string {
  try {
    look(path, options);
  } catch (error) {
    return error instanceof Error ? error.message.replace(home, '') : String(error);
  }
  return 'nothing';
}

describe('our own', () => {
  it('below a sticky folder that everyone may write to', () => {
    folders('a/b');
    expect(look('a/b')).toMatchObject({ real: at('a/b'), distrust: undefined });
  });

  it('through links of our own, up and down', () => {
    folders('a/b', 'c');
    symlinkSync('../a', at('c/relative'));
    symlinkSync(at('a'), at('absolute'));
    for (const path of ['c/relative/b', 'absolute/b', 'absolute/../a/b'])
      expect(look(path)).toMatchObject({ real: at('a/b'), distrust: undefined });
    expect(refusal('c/relative', { noLink: true })).toBe('ELOOP: /c/relative');
  });

  it('made with all that is missing above it, and taken away again', () => {
    const folder = walkTo(at('x/y/z'), { make: 0o755 });
    expect(existsSync(at('x/y/z'))).toBe(true);
    folder.unmake();
    folder.release();
    expect(existsSync(at('x'))).toBe(false);
  });

  it('what is missing, a file, a circle', () => {
    folders('a');
    writeFileSync(at('a/file'), '');
    symlinkSync('circle', at('circle'));
    expect(refusal('a/gone/b')).toBe('ENOENT: /a/gone');
    expect(refusal('a/file')).toBe('ENOTDIR: /a/file');
    expect(refusal('circle')).toBe('ELOOP: /circle');
  });

  it('leads on to the same folder when its name leads elsewhere', () => {
    folders('a', 'other');
    const folder = walkTo(at('a'));
    renameSync(at('a'), at('moved'));
    symlinkSync('other', at('a'));
    writeFileSync(join(folder.path, 'file'), '');
    folder.release();
    expect(existsSync(at('moved/file'))).toBe(true);
  });
});

describe('what everyone may write to', () => {
  it('is no good, nor is what lies below it', () => {
    folders('open/b');
    chmodSync(at('open'), 0o777);
    const distrust = { folder: at('open'), why: 'can be written by everyone', remedy: `chmod go-w ${at('open')}` };
    expect(look('open').distrust).toEqual(distrust);
    expect(look('open/b').distrust).toEqual(distrust);
  });

  it('a sticky one is good on the way, and not at its end; a link in it is followed by nobody', () => {
    folders('sticky/b');
    chmodSync(at('sticky'), 0o1777);
    symlinkSync('b', at('sticky/link'));
    expect(look('sticky/b').distrust).toBeUndefined();
    expect(look('sticky').distrust).toMatchObject({ folder: at('sticky') });
    expect(refusal('sticky/link')).toBe('ELOOP: /sticky/link');
  });
});

describe.runIf(asRoot)('another user', () => {
  it('who owns the folder, one above it, or the sticky one above it', () => {
    folders('a/b/c');
    chownSync(at('a/b'), stranger, stranger);
    const distrust = { folder: at('a/b'), why: `belongs to user ${stranger}`, remedy: `chown root ${at('a/b')}` };
    for (const path of ['a/b', 'a/b/c']) expect(look(path).distrust).toEqual(distrust);
    chmodSync(at('a/b'), 0o1777);
    expect(look('a/b/c').distrust).toEqual(distrust);
  });

  it('whose group may write, also when root runs with that group', () => {
    folders('a/b');
    chownSync(at('a'), 0, stranger);
    chmodSync(at('a'), 0o775);
    const group = process.getegid?.() ?? 0;
    process.setegid?.(stranger);
    try {
      expect(look('a/b').distrust).toMatchObject({ folder: at('a'), why: `can be written by group ${stranger}` });
    } finally {
      process.setegid?.(group);
    }
  });

  it('whose link is on the way, or could be', () => {
    folders('a', 'theirs');
    symlinkSync('a', at('link'));
    lchownSync(at('link'), stranger, stranger);
    symlinkSync('../a', at('theirs/link'));
    chownSync(at('theirs'), stranger, stranger);
    expect(refusal('link')).toBe('ELOOP: /link');
    expect(refusal('theirs/link')).toBe('ELOOP: /theirs/link');
  });
});
