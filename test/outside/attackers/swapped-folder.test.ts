/** Root works in a folder, and another user swaps it, or the folder around it, for a link to a folder of root's, in a loop. */
import { renameSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { times } from '../../everything.ts';
import { giveAway, isRoot, stateOf, swapping } from './other-user.ts';
import { Scene, secret } from './scene.ts';

const rounds = times(2000, 60);
const timeout = 1_800_000;
let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.end());

/** Runs it again and again while the place leads elsewhere half of the time. What is root's has to be as it was. */
async function whileSwapped(place: string, victim: string, round: () => Promise<{ stderr: string; stdout: string }>) {
  const other = `${place}.other`;
  symlinkSync(victim, other);
  const before = stateOf(scene.at('victim'));
  const swapper = await swapping(place, other);
  let swaps = 0;
  try {
    for (let done = 0; done < rounds; done++) {
      const { stdout, stderr } = await round();
      expect(`${stdout}${stderr}`).not.toContain(secret);
      expect(`${stdout}${stderr}`).not.toContain('defect');
    }
  } finally {
    swaps = await swapper.stop();
  }
  expect(swaps).toBeGreaterThan(rounds);
  expect(stateOf(scene.at('victim'))).toEqual(before);
}

describe.runIf(isRoot)(`${rounds} rounds against a user who swaps (skipped for anybody but root)`, () => {
  it('render --out into a folder that is swapped', { timeout }, async () => {
    const victim = scene.victim('victim');
    scene.folders('theirs/site');
    giveAway(scene.at('theirs'), scene.at('theirs/site'));
    let port = 1000;
    let written = 0;
    await whileSwapped(scene.at('theirs/site'), victim, async () => {
      scene.spec(++port);
      const run = await scene.render('theirs/site', '--force');
      if (run.exitCode === 0) written++;
      return run;
    });
    expect(written).toBeGreaterThan(0);
  });

  it('render --out while a folder in it is swapped', { timeout }, async () => {
    const victim = scene.victim('victim');
    scene.folders('theirs/site/sites-available');
    giveAway(scene.at('theirs'), scene.at('theirs/site'), scene.at('theirs/site/sites-available'));
    let port = 1000;
    let written = 0;
    await whileSwapped(scene.at('theirs/site/sites-available'), `${victim}/sites-available`, async () => {
      scene.spec(++port);
      const run = await scene.render('theirs/site', '--force');
      if (run.exitCode === 0) written++;
      return run;
    });
    expect(written).toBeGreaterThan(0);
  });

  it('apply --root of an image in a folder of theirs', { timeout }, async () => {
    const victim = scene.victim('victim/etc/nginx');
    for (const below of ['conf.d', 'sites-available', 'sites-enabled'])
      scene.folders(`theirs/image/etc/nginx/${below}`);
    giveAway(scene.at('theirs'));
    const { exitCode, stderr } = await scene.apply('theirs/image');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining(scene.at('theirs belongs to user 65534')),
    });
    await whileSwapped(scene.at('theirs/image'), victim.replace('/etc/nginx', ''), async () => {
      const run = await scene.apply('theirs/image');
      expect(run.exitCode).not.toBe(0);
      return run;
    });
  });

  it('apply --root of an image whose etc is theirs', { timeout }, async () => {
    const victim = scene.victim('victim/nginx');
    for (const below of ['conf.d', 'sites-available', 'sites-enabled']) scene.folders(`image/etc/nginx/${below}`);
    giveAway(scene.at('image/etc'));
    const { exitCode, stderr } = await scene.apply('image');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining(scene.at('image/etc belongs to user 65534')),
    });
    // Where there is no etc/nginx for a moment, the image itself is taken for nginx's folder: it is root's own.
    await whileSwapped(scene.at('image/etc/nginx'), victim, () => scene.apply('image'));
  });

  it('rollback and diff of an image in a folder of theirs', { timeout }, async () => {
    const victim = scene.victim('victim/etc/nginx');
    scene.folders('theirs', 'image/etc/nginx');
    expect(await scene.apply('image')).toMatchObject({ exitCode: 0 });
    renameSync(scene.at('image'), scene.at('theirs/image'));
    giveAway(scene.at('theirs'));
    await whileSwapped(scene.at('theirs/image'), victim.replace('/etc/nginx', ''), async () => {
      const runs = [
        await scene.run('rollback', '--list', '--root', 'theirs/image/etc/nginx'),
        await scene.run('rollback', '--root', 'theirs/image/etc/nginx', '--sandbox', 'none'),
        await scene.run('diff', 'keepgate.yaml', '--root', 'theirs/image/etc/nginx'),
      ];
      for (const { exitCode } of runs) expect(exitCode).not.toBe(0);
      return { stdout: runs.map((run) => run.stdout).join(''), stderr: runs.map((run) => run.stderr).join('') };
    });
  });
});
