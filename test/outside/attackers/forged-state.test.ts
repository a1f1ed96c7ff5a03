/** What an attacker has prepared in a folder before root works there: journals, history, lists, links, locks. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attacker, giveAway, isRoot, stateOf } from './other-user.ts';
import { Scene, secret } from './scene.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.end());

const forged = {
  version: 1,
  at: '2026',
  by: 'apply',
  before: { files: { 'conf.d/keepgate_x.conf': { bytes: 'eA==', mode: 2541, uid: 0, gid: 0 } }, links: {} },
  after: { 'conf.d/keepgate_x.conf': '' },
  made: [],
};
const etc = 'image/etc/nginx';

function write(path: string, text: string, mode = 0o644): string {
  const place = scene.at(path);
  mkdirSync(dirname(place), { recursive: true, mode: 0o755 });
  writeFileSync(place, text);
  chmodSync(place, mode);
  return place;
}

/** Characters that a terminal acts on. */
const acting = /(?!\n)[\p{Cc}\p{Cf}]/u;

/** All below a path is the attacker's: what an image unpacked by somebody else looks like, or a home folder. */
function giveAll(path: string): void {
  const place = scene.at(path);
  giveAway(place);
  if (lstatSync(place).isDirectory()) for (const name of readdirSync(place)) giveAll(join(path, name));
}

/** Every mode below a path that has more than root's own files have. */
function special(path: string): string[] {
  const stats = lstatSync(path);
  const below = stats.isDirectory() ? readdirSync(path).flatMap((name) => special(join(path, name))) : [];
  return (stats.mode & 0o6000) === 0 ? below : [path, ...below];
}

describe('the image with a linked conf.d and a forged journal', () => {
  const runs = {
    'apply --root': () => scene.apply('image'),
    'render --out': () => scene.render(etc),
    rollback: () => scene.run('rollback', '--root', 'image', '--sandbox', 'none'),
    diff: () => scene.run('diff', 'keepgate.yaml', '--root', 'image'),
  };

  function image(): void {
    scene.victim('victim');
    scene.folders(`${etc}/sites-available`, `${etc}/sites-enabled`);
    symlinkSync(scene.at('victim/conf.d'), scene.at(`${etc}/conf.d`));
    write(`${etc}/.keepgate/journal.json`, JSON.stringify(forged), 0o600);
    chmodSync(scene.at(`${etc}/.keepgate`), 0o700);
  }

  it.each(['apply --root', 'render --out'] as const)('%s: all of it is named for root', async (command) => {
    image();
    const before = stateOf(scene.at('victim'));
    const { exitCode, stderr } = await runs[command]();
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining(`${scene.at(`${etc}/conf.d`)} is a symbolic link`),
    });
    expect(stateOf(scene.at('victim'))).toEqual(before);
    expect(special(scene.folder)).toEqual([]);
  });

  it.runIf(isRoot).each(Object.keys(runs) as (keyof typeof runs)[])(
    "%s: it is another user's (skipped for anybody but root)",
    async (command) => {
      image();
      giveAll('image');
      const before = stateOf(scene.at('victim'));
      const { exitCode, stderr } = await runs[command]();
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: command === 'render --out' ? 1 : 4,
        stderr: expect.stringContaining(`${scene.at('image')} belongs to user ${attacker}`),
      });
      expect(stateOf(scene.at('victim'))).toEqual(before);
      expect(special(scene.folder)).toEqual([]);
    },
  );

  it('what is restored has the rights that keepgate gives, and no more', async () => {
    scene.folders(`${etc}/conf.d`);
    write(`${etc}/.keepgate/journal.json`, JSON.stringify(forged), 0o600);
    chmodSync(scene.at(`${etc}/.keepgate`), 0o700);
    await scene.apply('image');
    expect(special(scene.folder)).toEqual([]);
    expect(lstatSync(scene.at(`${etc}/conf.d/keepgate_x.conf`)).mode & 0o7777).toBe(0o644);
  });

  it.each([
    ['a path that climbs', { after: { '../../../escaped': '' } }],
    ['a folder that it made', { made: ['../..'] }],
    ['no list at all', { before: null }],
  ])('a journal with %s is not acted upon', async (_, part) => {
    scene.folders(`${etc}/conf.d`);
    const path = write(`${etc}/.keepgate/journal.json`, JSON.stringify({ ...forged, ...part }), 0o600);
    chmodSync(dirname(path), 0o700);
    const { exitCode, stderr } = await scene.apply('image');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining(`${path} is not acted`),
    });
    expect(existsSync(scene.at(`${etc}/keepgate.manifest.json`))).toBe(false);
  });

  it('a link that keepgate never makes is not made of a journal', async () => {
    scene.folders(`${etc}/sites-enabled`);
    const enabled = 'sites-enabled/keepgate_x.conf';
    const links = { [enabled]: '/etc/shadow' };
    const text = JSON.stringify({ ...forged, before: { files: {}, links }, after: { [enabled]: '' } });
    chmodSync(dirname(write(`${etc}/.keepgate/journal.json`, text, 0o600)), 0o700);
    await scene.apply('image');
    expect(lstatSync(scene.at(`${etc}/${enabled}`), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe.runIf(isRoot)("a folder of root's with a part that is not (skipped for anybody but root)", () => {
  beforeEach(async () => {
    scene.folders(etc);
    expect(await scene.apply('image')).toMatchObject({ exitCode: 0 });
    scene.spec(9090);
  });

  it.each([
    ['journal', '.keepgate/journal.json', () => JSON.stringify(forged)],
    ['history', '.keepgate/history/1', () => readFileSync(scene.at(`${etc}/.keepgate/history/1`), 'utf8')],
    ['list', 'keepgate.manifest.json', () => readFileSync(scene.at(`${etc}/keepgate.manifest.json`), 'utf8')],
  ])('%s of another user, of everyone, a link, a FIFO', async (_, name, text) => {
    const path = scene.at(`${etc}/${name}`);
    const bytes = text();
    const elsewhere = write('elsewhere', bytes);
    const ways: readonly [string, () => void][] = [
      [`belongs to user ${attacker}`, () => giveAway(write(`${etc}/${name}`, bytes))],
      ['can be written by everyone', () => write(`${etc}/${name}`, bytes, 0o666)],
      ['symbolic link', () => symlinkSync(elsewhere, path)],
      ['not a regular file', () => execFileSync('mkfifo', [path])],
    ];
    for (const [why, plant] of ways) {
      rmSync(path, { force: true });
      plant();
      const { exitCode, stderr } = name.includes('history')
        ? await scene.run('rollback', '--root', etc, '--sandbox', 'none')
        : await scene.apply('image');
      expect({ exitCode, stderr }, why).toMatchObject({ stderr: expect.stringContaining(path) });
      expect(stderr).toContain(why);
      expect(exitCode).not.toBe(0);
    }
    if (name === 'keepgate.manifest.json') return;
    rmSync(path, { force: true });
    linkSync(elsewhere, path);
    const { stderr } = await (name.includes('history')
      ? scene.run('rollback', '--root', etc, '--sandbox', 'none')
      : scene.apply('image'));
    expect(stderr).toContain(`${path} is not acted upon: it has a second name`);
  });

  it.each(['.keepgate', '.keepgate/lock', '.keepgate/history'])('%s of another user, or a link', async (name) => {
    const path = scene.at(`${etc}/${name}`);
    giveAway(path);
    expect((await scene.apply('image')).stderr).toContain(`${path} belongs to user ${attacker}`);
    rmSync(path, { recursive: true });
    scene.folders('theirs');
    symlinkSync(scene.at('theirs'), path);
    expect((await scene.apply('image')).stderr).toContain(`${path} is a symbolic link`);
    expect(readdirSync(scene.at('theirs'))).toEqual([]);
  });
});

it('a lock that counts too far, or is none, holds nobody up', async () => {
  scene.folders(etc);
  for (const [name, text] of [
    ['99999999999999999999', '{"pid":1}'],
    ['7', 'nothing'],
    ['8', '{"pid":1,"start":"0","boot":"another","namespace":""}'],
  ] as const)
    write(`${etc}/.keepgate/lock/${name}`, text, 0o600);
  for (const path of ['.keepgate', '.keepgate/lock']) chmodSync(scene.at(`${etc}/${path}`), 0o700);
  expect(await scene.apply('image')).toMatchObject({ exitCode: 0 });
});

describe.runIf(isRoot)("render --out into another user's folder (skipped for anybody but root)", () => {
  const manifest = 'keepgate.manifest.json';
  const conf = 'conf.d/keepgate.conf';

  beforeEach(() => {
    scene.victim('victim');
    scene.folders('theirs');
    giveAway(scene.at('theirs'));
  });

  it('works, and says whose it is', async () => {
    const { exitCode, stderr } = await scene.render('theirs/site');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(
        `warning out-folder-untrusted: ${scene.at('theirs')} belongs to user ${attacker}`,
      ),
    });
    expect(await scene.render('theirs/site')).toMatchObject({ exitCode: 0 });
    scene.spec(9090);
    expect(await scene.render('theirs/site')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("so it can't be told who changed it"),
    });
    expect(await scene.render('theirs/site', '--force')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(scene.at('theirs/site/sites-available/keepgate_api.conf'), 'utf8')).toContain(':9090');
  });

  it.each([
    ['the list', manifest],
    ['the state', '.keepgate'],
    ['a folder', 'conf.d'],
    ['the folder of links', 'sites-enabled'],
    ['a file', conf],
    ['the folder itself', ''],
  ])('%s is a link to something of root', async (_, name) => {
    const place = scene.at(join('theirs/site', name));
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(scene.at(name === '' || !name.includes('.conf') ? 'victim' : 'victim/nginx.conf'), place);
    giveAll('theirs');
    const before = stateOf(scene.at('victim'));
    const { stdout, stderr } = await scene.render('theirs/site', '--force');
    expect(`${stdout}${stderr}`).not.toContain(secret);
    expect(stateOf(scene.at('victim'))).toEqual(before);
  });

  it('a hard link to a file of root under the name of one of ours, of the list, of a temporary one', async () => {
    mkdirSync(scene.at('theirs/site/conf.d'), { recursive: true });
    const names = [conf, manifest, 'conf.d/.keepgate-0123456789ab.tmp'];
    for (const name of names) linkSync(scene.at('victim/nginx.conf'), join(scene.at('theirs/site'), name));
    giveAway(scene.at('theirs/site'), scene.at('theirs/site/conf.d'));
    const { stdout, stderr } = await scene.render('theirs/site', '--force');
    expect(`${stdout}${stderr}`).not.toContain(secret);
    expect(readFileSync(scene.at('victim/nginx.conf'), 'utf8')).toBe(`# ${secret}\n`);
  });

  it.each([manifest, conf, '.keepgate/journal.json', 'conf.d/.keepgate-0123456789ab.tmp'])(
    'a FIFO in place of %s hangs nobody',
    async (name) => {
      const place = join(scene.at('theirs/site'), name);
      mkdirSync(dirname(place), { recursive: true });
      execFileSync('mkfifo', [place]);
      giveAll('theirs');
      await scene.render('theirs/site', '--force');
    },
  );

  it("a list that names others' files removes none of them", async () => {
    const text = '# of the administrator\n';
    const path = 'sites-available/keepgate_old.conf';
    const hash = createHash('sha256').update(text).digest('hex');
    const list = { version: 1, target: { version: '1.22.1' }, guideline: '6.0', files: { [path]: hash }, links: {} };
    write(`theirs/site/${path}`, text);
    write(`theirs/site/${manifest}`, JSON.stringify(list));
    giveAway(scene.at('theirs/site'), scene.at(`theirs/site/${manifest}`));
    expect(await scene.render('theirs/site', '--force')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(scene.at(`theirs/site/${path}`), 'utf8')).toBe(text);
  });

  it('a journal is not carried out, and it is told', async () => {
    scene.folders('theirs/site/conf.d');
    write('theirs/site/.keepgate/journal.json', JSON.stringify(forged), 0o600);
    giveAll('theirs');
    const { exitCode, stderr } = await scene.render('theirs/site');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`the journal in ${scene.at('theirs/site/.keepgate')} is not acted upon`),
    });
    expect(existsSync(scene.at('theirs/site/conf.d/keepgate_x.conf'))).toBe(false);
  });
});

it('rollback --list shows escape codes as text', async () => {
  scene.folders(`${etc}/conf.d`);
  const evil = '\u001b[2J\u009b31m\u202eevil';
  write(`${etc}/.keepgate/history/1`, JSON.stringify({ ...forged, at: evil, by: evil }), 0o600);
  for (const path of ['.keepgate', '.keepgate/history']) chmodSync(scene.at(`${etc}/${path}`), 0o700);
  for (const more of [[], ['--format', 'json']]) {
    const { stdout, stderr, exitCode } = await scene.run('rollback', '--list', '--root', etc, ...more);
    expect(exitCode).toBe(0);
    expect(`${stdout}${stderr}`).not.toMatch(acting);
    expect(stdout).toContain('evil');
  }
  write(`${etc}/.keepgate/journal.json`, JSON.stringify({ ...forged, at: evil, by: evil }), 0o600);
  const { stderr } = await scene.apply('image');
  expect(stderr).toContain('crash-recovered');
  expect(stderr).not.toMatch(acting);
});
