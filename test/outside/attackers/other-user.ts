/** Another user of the same machine: a real process of that user, which changes the file system in a loop. */
import { spawn } from 'node:child_process';
import { chownSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** nobody, as most systems number it. */
export const attacker = 65_534;

/** Whether there is another user to become; tests that need one are skipped for anybody else, and say so. */
export const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('WARNING: only root can become another user, so keepgate is NOT tested against one');

/** Gives paths to the attacker, links themselves and not what they lead to. */
export function giveAway(...paths: readonly string[]): void {
  for (const path of paths) chownSync(path, attacker, attacker);
}

/** It begins as root, which may run any program, and then is the other user for good. */
const prelude = `
const { renameSync } = require('node:fs');
process.setgroups([]); process.setgid(${attacker}); process.setuid(${attacker});
const [, place, kept, other] = process.argv;
const move = (from, to) => { try { renameSync(from, to); return 1; } catch { return 0; } };
let swaps = 0;
const end = Date.now() + 1_800_000;
process.on('SIGTERM', () => { process.stdout.write(String(swaps)); process.exit(0); });
const turn = () => {
  for (let i = 0; i < 50; i++) {
    // What keepgate has made in the gap goes out of the way.
    if (!move(place, kept)) move(place, kept + '.' + swaps);
    swaps += move(other, place);
    move(place, other);
    move(kept, place);
  }
  if (Date.now() < end) setImmediate(turn);
};
process.stdout.write('ready ');
turn();
`;

/** Whether a loop goes on: for so many rounds, and then, up to a limit, until all was seen that it is to show. */
export const isDue = (round: number, rounds: number, seen = true): boolean =>
  round < rounds || (!seen && round < rounds + 3000);

export interface Swapper {
  /** Ends it; resolves to how many times the other was in the place. */
  stop(): Promise<number>;
}

/** Swaps what is at `place` for what is at `other` and back, without a pause, by renames. */
export async function swapping(place: string, other: string): Promise<Swapper> {
  const child = spawn(process.execPath, ['-e', prelude, place, `${place}.kept`, other], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  let said = '';
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the other user ended: ${code}`)));
    child.stdout.on('data', (text) => {
      said += text;
      resolve();
    });
  });
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return Number(said.replace('ready ', ''));
    },
  };
}

/** All that can be told of a tree: every name in it, its bytes, owner and mode, and when each was changed last. */
export function stateOf(path: string): string[] {
  const stats = lstatSync(path, { bigint: true });
  const { mode, uid, gid, nlink, ctimeNs } = stats;
  const holds = stats.isSymbolicLink() ? readlinkSync(path) : stats.isFile() ? readFileSync(path, 'latin1') : '';
  const below = stats.isDirectory() ? readdirSync(path).sort() : [];
  return [
    `${path} ${mode.toString(8)} ${uid}:${gid} ${nlink} ${ctimeNs} ${holds}`,
    ...below.flatMap((name) => stateOf(join(path, name))),
  ];
}
