import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WriteResult } from '../../src/deploy/write-folder.ts';
import { KeepgateError } from '../../src/diagnostic.ts';
import { manifestName, type Rendered } from '../../src/render/render.ts';
import { expectedTree, renderedOf, treeOf } from './rendered.ts';
import { writeInto } from './write-into.ts';

let parent = '';
let folder = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'keepgate-out-'));
  folder = join(parent, 'a/site');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const write = (rendered: Rendered, force = false): WriteResult => writeInto(folder, rendered, force);
const at = (path: string): string => join(folder, path);
const shared = 'conf.d/keepgate.conf';
const api = 'sites-available/keepgate_api.conf';
const apiLink = 'sites-enabled/keepgate_api.conf';
const web = 'sites-available/keepgate_web.conf';
const webLink = 'sites-enabled/keepgate_web.conf';
const both = renderedOf({ api: 8080, web: 8081 });

const tree = (): Record<string, string> => treeOf(folder);

function refused(result: WriteResult): string[] {
  return result.ok ? [] : result.diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

function failure(act: () => unknown): KeepgateError {
  try {
    act();
  } catch (error) {
    if (error instanceof KeepgateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a first time', () => {
  it('makes the folder a picture of /etc/nginx, readable for all, whatever the umask', () => {
    const umask = process.umask(0o077);
    try {
      expect(write(both)).toEqual({
        ok: true,
        changes: { written: [shared, api, web, apiLink, webLink], removed: [], unchanged: 0, overwritten: [] },
      });
    } finally {
      process.umask(umask);
    }
    expect(tree()).toEqual(expectedTree(both));
    for (const path of [shared, api, manifestName]) expect(statSync(at(path)).mode & 0o777).toBe(0o644);
    expect(readFileSync(at(apiLink), 'utf8')).toBe(readFileSync(at(api), 'utf8'));
  });

  it('in the conf.d layout there are no links', () => {
    const rendered = renderedOf({ api: 8080 }, 'conf.d');
    expect(write(rendered).ok).toBe(true);
    expect(Object.keys(tree())).toEqual([shared, 'conf.d/keepgate_api.conf', manifestName]);
  });

  it('adopts what is there already with the same bytes', () => {
    write(both);
    unlinkSync(at(manifestName));
    expect(write(both)).toMatchObject({ ok: true, changes: { written: [], unchanged: 5 } });
    expect(tree()).toEqual(expectedTree(both));
  });
});

describe('a second time', () => {
  beforeEach(() => {
    write(both);
  });

  it('touches nothing when nothing changed', () => {
    const before = [shared, api, manifestName].map((path) => statSync(at(path), { bigint: true }));
    expect(write(both)).toMatchObject({ ok: true, changes: { written: [], removed: [], unchanged: 5 } });
    const after = [shared, api, manifestName].map((path) => statSync(at(path), { bigint: true }));
    expect(after.map(({ mtimeNs, ino, ctimeNs }) => [mtimeNs, ino, ctimeNs])).toEqual(
      before.map(({ mtimeNs, ino, ctimeNs }) => [mtimeNs, ino, ctimeNs]),
    );
  });

  it('writes the one site that changed', () => {
    const before = statSync(at(web), { bigint: true });
    const next = renderedOf({ api: 9090, web: 8081 });
    expect(write(next)).toMatchObject({ ok: true, changes: { written: [api], unchanged: 4 } });
    expect(tree()).toEqual(expectedTree(next));
    expect(statSync(at(web), { bigint: true }).mtimeNs).toBe(before.mtimeNs);
  });

  it('removes what it wrote for a site that is gone, and only that', () => {
    writeFileSync(at('sites-available/keepgate_theirs.conf'), '# theirs\n');
    const next = renderedOf({ api: 8080 });
    expect(write(next)).toMatchObject({ ok: true, changes: { removed: [webLink, web], written: [], unchanged: 3 } });
    expect(tree()).toEqual({ ...expectedTree(next), 'sites-available/keepgate_theirs.conf': '# theirs\n' });
  });

  it('goes over to the other layout', () => {
    const next = renderedOf({ api: 8080, web: 8081 }, 'conf.d');
    expect(write(next)).toMatchObject({ ok: true, changes: { removed: [apiLink, webLink, api, web] } });
    expect(tree()).toEqual(expectedTree(next));
  });

  it('writes a file that was removed by hand; a link, which disables a site, only with --force', () => {
    unlinkSync(at(api));
    unlinkSync(at(webLink));
    expect(write(both)).toMatchObject({ ok: false, diagnostics: [{ code: 'hand-edited' }] });
    expect(write(both, true)).toMatchObject({ ok: true, changes: { written: [api, webLink], unchanged: 3 } });
    expect(tree()).toEqual(expectedTree(both));
  });

  it('tells every hand edit at once and writes nothing; --force overwrites them and names them', () => {
    appendFileSync(at(api), '# mine\n');
    appendFileSync(at(web), '# mine\n');
    unlinkSync(at(apiLink));
    symlinkSync('/etc/passwd', at(apiLink));
    const before = tree();
    const next = renderedOf({ api: 9090 });
    expect(refused(write(next))).toEqual([
      `hand-edited: site/${api} was changed by hand since keepgate wrote it; nothing was written`,
      `hand-edited: site/${apiLink} was changed by hand since keepgate wrote it; nothing was written`,
      `hand-edited: site/${web} was changed by hand, and its site is gone; nothing was written`,
    ]);
    expect(tree()).toEqual(before);
    expect(write(next, true)).toMatchObject({
      ok: true,
      changes: { written: [api, apiLink], removed: [webLink, web], overwritten: [api, apiLink, web] },
    });
    expect(tree()).toEqual(expectedTree(next));
    expect(existsSync('/etc/passwd')).toBe(true);
  });
});

describe('what is not ours', () => {
  it('is never overwritten, with --force neither, and all of it is told at once', () => {
    for (const path of ['conf.d', 'sites-available', 'sites-enabled']) mkdirSync(at(path), { recursive: true });
    writeFileSync(join(parent, 'victim'), 'theirs\n');
    writeFileSync(at(shared), '# theirs\n');
    symlinkSync(join(parent, 'victim'), at(api));
    mkdirSync(at(web));
    const before = tree();
    for (const force of [false, true])
      expect(refused(write(both, force))).toEqual([
        `foreign-file: site/${shared} is a file that is not in ${manifestName}; nothing was written`,
        `foreign-file: site/${api} is a symbolic link that is not in ${manifestName}; nothing was written`,
        `foreign-file: site/${web} is a folder, and a file of keepgate's belongs there; nothing was written`,
      ]);
    expect(tree()).toEqual(before);
    expect(readFileSync(join(parent, 'victim'), 'utf8')).toBe('theirs\n');
  });

  it('a folder that is a symbolic link to elsewhere is not written through', () => {
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(parent, 'elsewhere'));
    symlinkSync(join(parent, 'elsewhere'), at('sites-available'));
    writeFileSync(at('conf.d'), '');
    expect(refused(write(both, true))).toEqual([
      'foreign-file: site/conf.d is a file, and a folder belongs there; nothing was written',
      'foreign-file: site/sites-available is a symbolic link, and a folder belongs there; nothing was written',
    ]);
    expect(readdirSync(join(parent, 'elsewhere'))).toEqual([]);
  });

  it('a folder of ours that became a link later hides nothing either', () => {
    write(both);
    renameSync(at('sites-available'), join(parent, 'elsewhere'));
    symlinkSync(join(parent, 'elsewhere'), at('sites-available'));
    appendFileSync(join(parent, 'elsewhere/keepgate_api.conf'), '# mine\n');
    expect(refused(write(both, true))).toEqual([
      'foreign-file: site/sites-available is a symbolic link, and a folder belongs there; nothing was written',
    ]);
  });
});

describe('a manifest that can not be trusted', () => {
  const manifest = JSON.parse(JSON.stringify(both.manifest));
  it.each([
    ['it is not JSON', '{'],
    ['it is not an object', '[]'],
    ['it is not of version 1, the only one that this keepgate knows', '{"version": 2}'],
    ['it names no target', '{"version": 1}'],
    ['it names no guideline', '{"version": 1, "target": {"version": "1.26.3"}}'],
    ['it lacks its list of files or of links', JSON.stringify({ ...manifest, links: null })],
    [
      'it lists "conf.d/../../victim", which keepgate never writes',
      JSON.stringify({ ...manifest, files: { 'conf.d/../../victim': '0'.repeat(64) } }),
    ],
    [
      'it lists "conf.d/own.conf", which keepgate never writes',
      JSON.stringify({ ...manifest, links: { 'conf.d/own.conf': 'x' } }),
    ],
    ['the hash of conf.d/keepgate.conf is not a SHA-256', JSON.stringify({ ...manifest, files: { [shared]: 'x' } })],
    [
      'the target of sites-enabled/keepgate_a.conf is not text',
      JSON.stringify({ ...manifest, links: { 'sites-enabled/keepgate_a.conf': 1 } }),
    ],
    ['it lacks its list of files or of links', JSON.stringify({ ...manifest, pending: {} })],
  ])('%s', (reason, text) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(at(manifestName), text);
    const { exitCode, diagnostic } = failure(() => write(both, true));
    expect([exitCode, diagnostic.code]).toEqual([1, 'manifest-damaged']);
    expect(diagnostic.message).toBe(`${at(manifestName)} can't be trusted: ${reason}; nothing was written`);
    expect(tree()).toEqual({ [manifestName]: text });
  });

  it('is a link', () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(parent, 'victim'), JSON.stringify(both.manifest));
    symlinkSync(join(parent, 'victim'), at(manifestName));
    expect(failure(() => write(both)).diagnostic.message).toContain('it is not a regular file');
  });
});

describe('a folder that can not be used', () => {
  it('is a file', () => {
    mkdirSync(join(parent, 'a'));
    writeFileSync(folder, '');
    const { exitCode, diagnostic } = failure(() => write(both));
    expect([exitCode, diagnostic.code]).toEqual([4, 'out-not-usable']);
    expect(diagnostic.message).toMatch(/a\/site can't be written: something on its way is not a folder$/);
  });

  it.skipIf(process.getuid?.() === 0)("is another user's", () => {
    write(both);
    chmodSync(at('sites-available'), 0o555);
    const { exitCode, diagnostic } = failure(() => write(renderedOf({ api: 9090, web: 8081 })));
    chmodSync(at('sites-available'), 0o755);
    expect([exitCode, diagnostic.code]).toEqual([4, 'out-not-usable']);
    expect(tree()).toEqual(expectedTree(both));
  });

  it('holds what a crashed run left: it is cleared away, and nothing else with a dot', () => {
    write(both);
    writeFileSync(at('sites-available/.keepgate-0123456789ab.tmp'), 'half');
    symlinkSync('nowhere', at('sites-enabled/.keepgate-ba9876543210.tmp'));
    writeFileSync(at('conf.d/.keepgate-mine.tmp'), 'mine');
    expect(write(both).ok).toBe(true);
    expect(tree()).toEqual({ ...expectedTree(both), 'conf.d/.keepgate-mine.tmp': 'mine' });
  });
});
