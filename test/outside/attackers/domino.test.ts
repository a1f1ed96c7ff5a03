/** Root writes Domino's settings, while the user that owns the data folder, or one beside it, plants links. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runKeepgate } from '../../run-keepgate.ts';
import { SharedMachine } from './machine.ts';
import { attacker, isRoot, stateOf } from './other-user.ts';

const machine = new SharedMachine();
const spec = `version: 1
sites:
  domino: {hosts: [api.example.com], preset: {name: domino-rest-api}}
`;
const proxy = (...args: string[]) =>
  runKeepgate(['domino', 'proxy', 'keepgate.yaml', ...args], { cwd: machine.folder });

describe.skipIf(!isRoot)("domino proxy as root in a data folder of another user's", () => {
  it('writes for its owner, and follows no link to it or in it', async () => {
    writeFileSync(machine.at('keepgate.yaml'), spec);
    const [theirs, roots] = [machine.theirs('theirs'), machine.roots('roots')];
    writeFileSync(join(roots, 'notes.ini'), 'precious\n');
    const before = stateOf(roots);
    machine.attack(`mkdir -p ${theirs}/data/keepconfig.d ${theirs}/led; : > ${theirs}/data/notes.ini; : > ${theirs}/led/notes.ini
      ln -s ${roots} ${theirs}/link; ln -s ${roots} ${theirs}/led/keepconfig.d`);
    const run = await proxy('--data', `${theirs}/data`);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(readdirSync(`${theirs}/data/keepconfig.d`)).toContain('keepgate-proxy.json');
    expect(statSync(`${theirs}/data/keepconfig.d/keepgate-proxy.json`)).toMatchObject({ uid: attacker });
    for (const option of ['--data', '--out']) {
      const led = await proxy(option, `${theirs}/link`);
      expect(led.exitCode, led.stderr).toBe(1);
      expect(led.stderr).toContain(
        `${theirs}/link is a symbolic link, and ${theirs}, where it lies, belongs to user ${attacker}`,
      );
    }
    expect((await proxy('--data', `${theirs}/led`)).exitCode).toBe(1);
    expect(stateOf(roots)).toEqual(before);
  });
});
