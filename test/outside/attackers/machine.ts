/** A folder on a machine that root shares with another user, who is at work in a folder of his own there. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll } from 'vitest';
import { asNobody } from '../../../src/nginx/nobody.ts';
import { giveAway } from './other-user.ts';

export class SharedMachine {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-shared-'));

  constructor() {
    chmodSync(this.folder, 0o755);
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  readonly at = (...names: string[]): string => join(this.folder, ...names);

  /** A folder of the other user's. */
  theirs(name: string): string {
    mkdirSync(this.at(name), { recursive: true });
    giveAway(this.at(name));
    return this.at(name);
  }

  /** A folder of root's that nobody else may enter. */
  roots(name: string): string {
    mkdirSync(this.at(name), { recursive: true, mode: 0o700 });
    return this.at(name);
  }

  /** Has the other user do something, in a shell. */
  attack(script: string): void {
    execaSync('sh', ['-c', `exec ${asNobody.join(' ')} sh -ec "$0"`, script], { cwd: this.folder });
  }

  /** Has the other user do something over and over while this works. */
  async during<T>(script: string, work: () => Promise<T>): Promise<T> {
    const [program = '', ...args] = [...asNobody, 'sh', '-c', `while :; do ${script}; done`];
    const attacker = execa(program, args, { cwd: this.folder, reject: false, stdio: 'ignore' });
    try {
      return await work();
    } finally {
      attacker.kill('SIGKILL');
      await attacker;
    }
  }
}
