/** Exports into folders in which somebody else is at work at the same time. */
import {
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync as move,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { placeExport } from '../../../src/certs/export/place.ts';
import type { KeepgateError } from '../../../src/diagnostic.ts';
import { isRoot } from '../../cli/as-nobody.ts';

/** What the other one does right before a file is opened or renamed: the calls themselves are the real ones. */
const other = vi.hoisted(() => ({ acts: (_call: 'open' | 'rename' | 'link', _path: string): void => {} }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const openSync: typeof fs.openSync = (...args) => {
    other.acts('open', String(args[0]));
    return fs.openSync(...args);
  };
  const renameSync: typeof fs.renameSync = (...args) => {
    other.acts('rename', String(args[1]));
    fs.renameSync(...args);
  };
  const linkSync: typeof fs.linkSync = (...args) => {
    other.acts('link', String(args[1]));
    fs.linkSync(...args);
  };
  return { ...fs, openSync, renameSync, linkSync };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keepgate-place-'));
});
afterEach(() => {
  other.acts = () => {};
  rmSync(folder, { recursive: true });
});

const pem = { store: Buffer.from('new chain'), key: Buffer.from('new key') };
const at = (...names: string[]) => join(folder, ...names);
const read = (...names: string[]) => readFileSync(at(...names), 'utf8');
function failure(act: () => unknown) {
  try {
    act();
  } catch (error) {
    return (error as KeepgateError).diagnostic;
  }
  return expect.fail('it was placed');
}

/** The other one makes a folder of the chain's name, once the key has been exchanged. */
function folderForTheChain(besides = () => {}) {
  other.acts = (call, path) => {
    if (call !== 'rename' || !path.endsWith('/a.pem')) return;
    other.acts = () => {};
    expect(read('a.key')).toBe('new key');
    mkdirSync(at('a.pem'));
    besides();
  };
}

it('a folder in the place of either file is seen before any is exchanged', () => {
  writeFileSync(at('a.key'), 'precious');
  mkdirSync(at('a.pem'));
  const exchanged: string[] = [];
  other.acts = (call, path) => call === 'rename' && exchanged.push(path);
  const paths = { out: at('a.pem'), keyOut: at('a.key') };
  expect(failure(() => placeExport(pem, paths, 'auto'))).toMatchObject({
    code: 'export-not-writable',
    message: `the export ${at('a.pem')} can't be written: it is a folder`,
    help: expect.stringContaining('What was there before is there still.'),
  });
  const others = { out: at('b.pem'), keyOut: at('a.pem') };
  expect(failure(() => placeExport(pem, others, 'auto')).message).toContain(at('a.pem'));
  expect(exchanged).toEqual([]);
  expect(read('a.key')).toBe('precious');
  expect(readdirSync(folder)).toEqual(['a.key', 'a.pem']);
});

it.each([true, false])('the old key is back when the chain can not be exchanged (there was one: %s)', (was) => {
  if (was) writeFileSync(at('a.key'), 'precious');
  folderForTheChain();
  const found = failure(() => placeExport(pem, { out: at('a.pem'), keyOut: at('a.key') }, 'auto'));
  expect(found.help).toContain('What was there before is there still.');
  expect(readdirSync(folder)).toEqual([...(was ? ['a.key'] : []), 'a.pem']);
  if (was) expect(read('a.key')).toBe('precious');
});

it('the old key is back where the file system has no second names, too', () => {
  writeFileSync(at('a.key'), 'precious');
  folderForTheChain();
  const { acts } = other;
  other.acts = (call, path) => {
    if (call === 'link') throw Object.assign(new Error('link'), { code: 'EPERM' });
    if (path.endsWith('/a.pem')) acts(call, path);
  };
  expect(failure(() => placeExport(pem, { out: at('a.pem'), keyOut: at('a.key') }, 'auto')).code).toBe(
    'export-not-writable',
  );
  expect(read('a.key')).toBe('precious');
  expect(readdirSync(folder)).toEqual(['a.key', 'a.pem']);
});

it('says where the old key is when it can not be put back', () => {
  writeFileSync(at('a.key'), 'precious');
  folderForTheChain(() => {
    rmSync(at('a.key'));
    mkdirSync(at('a.key'));
  });
  const { help = '' } = failure(() => placeExport(pem, { out: at('a.pem'), keyOut: at('a.key') }, 'auto'));
  const [, aside = ''] = /^What was \S+ is now (\S+): put it back\./.exec(help) ?? [];
  expect(readFileSync(aside, 'utf8')).toBe('precious');
});

it('leaves nothing beside the files that it exchanged', () => {
  writeFileSync(at('a.key'), 'old');
  writeFileSync(at('a.pem'), 'old');
  placeExport(pem, { out: at('a.pem'), keyOut: at('a.key') }, 'auto');
  expect([read('a.key'), read('a.pem')]).toEqual(['new key', 'new chain']);
  expect(readdirSync(folder)).toEqual(['a.key', 'a.pem']);
});

it.each(['open', 'rename'] as const)('a link put in the place of the folder before %s leads nowhere', (when) => {
  mkdirSync(at('data'));
  mkdirSync(at('elsewhere'));
  writeFileSync(at('elsewhere/api.pfx'), 'not to be touched');
  if (isRoot) chownSync(at('data'), 1234, 1235);
  other.acts = (call, path) => {
    if (call !== when || (when === 'open' && !path.endsWith('.tmp'))) return;
    other.acts = () => {};
    move(at('data'), at('moved'));
    symlinkSync(at('elsewhere'), at('data'));
  };
  placeExport({ store: Buffer.from('new') }, { out: at('data/api.pfx') }, 'auto');
  expect(lstatSync(at('data')).isSymbolicLink()).toBe(true);
  expect(readdirSync(at('elsewhere'))).toEqual(['api.pfx']);
  expect(read('elsewhere/api.pfx')).toBe('not to be touched');
  expect(read('moved/api.pfx')).toBe('new');
  if (isRoot) expect(statSync(at('moved/api.pfx'))).toMatchObject({ uid: 1234, gid: 1235 });
});
