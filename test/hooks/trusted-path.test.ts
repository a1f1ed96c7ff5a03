import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { checkHook } from '../../src/hooks/run-hook.ts';
import { hookFolder } from './hook-folder.ts';

const { at, script } = hookFolder();
const asRoot = process.getuid?.() === 0;

const refusal = (code: string, message: RegExp | string, help: string | RegExp) =>
  expect.objectContaining({
    exitCode: 4,
    diagnostic: expect.objectContaining({
      code,
      message: expect.stringMatching(message),
      help: typeof help === 'string' ? help : expect.stringMatching(help),
    }),
  });
const refused = (path: string) => {
  try {
    return checkHook(path);
  } catch (error) {
    return error;
  }
};

describe('a hook is run', () => {
  it('when it is a program of ours in a folder of ours', () => {
    const path = script('');
    expect(checkHook(path)).toBe(realpathSync(path));
  });

  it("when it is root's", () => {
    expect(checkHook('/bin/sh')).toBe(realpathSync('/bin/sh'));
  });

  it('through symbolic links of folders and of itself', () => {
    const path = script('');
    symlinkSync('.', at('here'));
    symlinkSync(`${at('here')}/../${dirname(path).split('/').at(-1)}/hook`, at('there'));
    expect(checkHook(at('there'))).toBe(realpathSync(path));
  });
});

describe('a hook is not run', () => {
  it.each([0o775, 0o757, 0o777])('when others can write to it: %o', (mode) => {
    const path = script('', 'hook', mode);
    expect(refused(path)).toEqual(refusal('hook-unsafe', path, `Run: chmod go-w ${path}`));
    chmodSync(path, mode & 0o755);
    expect(checkHook(path)).toBe(realpathSync(path));
  });

  it('when others can write to a folder above it, and the command mends that', () => {
    mkdirSync(at('a b/c'), { recursive: true });
    const path = script('', 'a b/c/hook');
    chmodSync(at('a b'), 0o775);
    chmodSync(at('a b/c'), 0o755);
    const help = `Run: chmod go-w '${at('a b')}'`;
    expect(refused(path)).toEqual(refusal('hook-unsafe', at('a b'), help));
    execFileSync('sh', ['-c', help.slice('Run: '.length)]);
    expect(checkHook(path)).toBe(realpathSync(path));
  });

  it('when a link leads through such a folder', () => {
    mkdirSync(at('open'));
    chmodSync(at('open'), 0o777);
    script('');
    symlinkSync('../hook', at('open/link'));
    symlinkSync('open/link', at('outer'));
    expect(refused(at('outer'))).toEqual(refusal('hook-unsafe', at('open'), /chmod go-w/));
  });

  it.runIf(asRoot)("when it is in a sticky folder of root's itself", () => {
    mkdirSync(at('sticky/mine'), { recursive: true });
    chmodSync(at('sticky'), 0o1777);
    chmodSync(at('sticky/mine'), 0o755);
    expect(refused(script('', 'sticky/hook'))).toEqual(refusal('hook-unsafe', at('sticky'), /^Put the hook into/));
    expect(checkHook(script('', 'sticky/mine/hook'))).toBe(realpathSync(at('sticky/mine/hook')));
  });

  it.skipIf(asRoot)('when a sticky folder above it is not of root', () => {
    mkdirSync(at('sticky/mine'), { recursive: true });
    chmodSync(at('sticky'), 0o1777);
    chmodSync(at('sticky/mine'), 0o755);
    expect(refused(script('', 'sticky/mine/hook'))).toEqual(refusal('hook-unsafe', at('sticky'), /chmod go-w/));
  });

  it.runIf(asRoot).each(['hook', 'folder', 'link'])("when the %s is a stranger's", (what) => {
    mkdirSync(at('folder'));
    chmodSync(at('folder'), 0o755);
    script('', 'folder/hook');
    symlinkSync('folder/hook', at('link'));
    const stranger = { hook: 'folder/hook', folder: 'folder', link: 'link' }[what] ?? '';
    execFileSync('chown', ['-h', '65534', at(stranger)]);
    const help = `Run: chown -h root ${at(stranger)}`;
    expect(refused(at('link'))).toEqual(refusal('hook-unsafe', `${at(stranger)} is not safe: it belongs to`, help));
    execFileSync('sh', ['-c', help.slice('Run: '.length)]);
    expect(checkHook(at('link'))).toBe(realpathSync(at('folder/hook')));
  });

  it('when it is not there, no file, or behind a circle of links', () => {
    expect(refused(at('none'))).toEqual(refusal('hook-missing', 'no such file', /absolute path/));
    expect(refused(dirname(at('x')))).toEqual(refusal('hook-missing', 'not a regular file', /absolute path/));
    expect(refused(`${script('')}/x`)).toEqual(refusal('hook-missing', 'hook is not a folder', /absolute path/));
    symlinkSync('circle', at('circle'));
    expect(refused(at('circle'))).toEqual(refusal('hook-missing', 'in a circle', /absolute path/));
    execFileSync('mkfifo', ['-m', '600', at('fifo')]);
    expect(refused(at('fifo'))).toEqual(refusal('hook-missing', 'not a regular file', /absolute path/));
  });

  it('when it can not be executed, or is named by half a path', () => {
    const path = script('', 'hook', 0o644);
    expect(refused(path)).toEqual(refusal('hook-not-executable', 'not executable', `Run: chmod u+x ${path}`));
    expect(refused('bin/hook')).toEqual(refusal('hook-not-executable', 'not absolute', /whole path/));
  });
});
