/** `cert timer` writes what root runs twice a day: nobody else may be able to change the programs in it. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { SharedMachine } from './machine.ts';
import { giveAway, isRoot } from './other-user.ts';

const machine = new SharedMachine();
let count = 0;

/** A Node.js and a keepgate of root's own, a systemctl that notes its calls, and a folder for units. */
function installed() {
  count += 1;
  const at = (name: string) => machine.at(`machine${count}`, name);
  for (const folder of ['node', 'lib/keepgate', 'bin', 'units']) mkdirSync(at(folder), { recursive: true });
  cpSync(process.execPath, at('node/node'));
  cpSync(resolve('dist'), at('lib/keepgate/dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map') && !path.endsWith('/types'),
  });
  cpSync(resolve('package.json'), at('lib/keepgate/package.json'));
  writeFileSync(at('bin/systemctl'), `#!/bin/sh\necho "$@" >> '${at('calls')}'\n`, { mode: 0o755 });
  const timer = (...options: string[]) =>
    execa(at('node/node'), [at('lib/keepgate/dist/bin.js'), 'cert', 'timer', ...options], {
      env: { PATH: at('bin'), FORCE_COLOR: undefined },
      extendEnv: false,
      reject: false,
    });
  const install = () => timer('--install', '--store', at('store'), '--units', at('units'));
  const uninstall = (units: string) => timer('--uninstall', '--units', units);
  return { at, install, uninstall };
}

describe.skipIf(!isRoot)('cert timer --install', () => {
  it('installs what root alone can change', async () => {
    const { at, install } = installed();
    expect(await install()).toMatchObject({ exitCode: 0 });
    expect(readdirSync(at('units')).sort()).toEqual(['keepgate-renew.service', 'keepgate-renew.timer']);
    expect(existsSync(at('calls'))).toBe(true);
  });

  const theirs = (path: string) => giveAway(path);
  const open = (path: string) => chmodSync(path, 0o666);
  const shared = (path: string) => chmodSync(path, 0o775);
  it.each<[string, string, (path: string) => void, RegExp]>([
    ['the program', 'lib/keepgate/dist/bin.js', open, /others can write to it/],
    ['the program', 'lib/keepgate/dist/bin.js', theirs, /it belongs to user 65534/],
    ['what it loads', 'lib/keepgate/dist/main.js', open, /others can write to it/],
    ['what it loads', 'lib/keepgate/dist/chunks', theirs, /it belongs to user 65534/],
    ['its folder', 'lib/keepgate/dist', shared, /others can write to it/],
    ['a folder above it', 'lib', theirs, /it belongs to user 65534/],
    ['Node.js', 'node/node', (path) => chmodSync(path, 0o777), /others can write to it/],
    ['the folder of Node.js', 'node', theirs, /it belongs to user 65534/],
  ])('refuses where another user could change %s: %s', async (_, path, give, why) => {
    const { at, install } = installed();
    give(at(path));
    const { exitCode, stderr } = await install();
    expect(exitCode, stderr).toBe(4);
    expect(stderr).toContain('timer-program-unsafe');
    expect(stderr).toContain(at(path));
    expect(stderr).toMatch(why);
    expect(stderr).toMatch(/help: .*sudo npm install --global keepgate/);
    expect(readdirSync(at('units'))).toEqual([]);
    expect(existsSync(at('calls'))).toBe(false);
    expect(existsSync(join(dirname(at('units')), 'store'))).toBe(false);
  });

  it("--uninstall removes none of root's units through a link of another user's", async () => {
    const { at, install, uninstall } = installed();
    await install();
    mkdirSync(at('theirs'));
    giveAway(at('theirs'));
    machine.attack(`ln -s ${at('units')} ${at('theirs/units')}`);
    const { exitCode, stderr } = await uninstall(at('theirs/units'));
    expect(exitCode, stderr).toBe(4);
    expect(stderr).toContain(`${at('theirs/units')} is a symbolic link`);
    expect(readdirSync(at('units')).sort()).toEqual(['keepgate-renew.service', 'keepgate-renew.timer']);
    expect(await uninstall(at('units'))).toMatchObject({ exitCode: 0 });
    expect(readdirSync(at('units'))).toEqual([]);
  });
});
