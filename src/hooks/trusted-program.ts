/** Whether root may run a program of ours without anybody there to see it. */
import { dirname } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { trustedFile, type Untrusted, untrustedBelow } from '../files/trusted-file.ts';
import { printable } from '../nginx/printable.ts';
import { mending } from './trusted-path.ts';

/**
 * Refuses the Node.js and the program that a timer is to run when another user could change them: the files, those that the program
 * loads from beside it, and every folder above them.
 * @param node absolute path
 * @param program absolute path of the program's file
 * @throws KeepgateError timer-program-unsafe (4), with the way out
 */
export function checkTimerProgram(node: string, program: string): void {
  for (const path of [node, program]) {
    const found = trustedFile(path);
    const untrusted = found.trusted ? path === program && untrustedBelow(dirname(found.path)) : found;
    if (untrusted) throw unsafe(path, untrusted);
  }
}

function unsafe(path: string, untrusted: Untrusted): KeepgateError {
  const { kind, at, why } = untrusted;
  const where = at === path ? '' : `, at ${printable(at)}`;
  const command = kind === 'open' ? mending(untrusted) : undefined;
  return new KeepgateError(4, {
    code: 'timer-program-unsafe',
    message: `no timer is installed, because ${printable(path)}, which it would run, is not safe${where}: ${printable(why)}`,
    help: `${command ? `Run: ${command}; or install` : 'Install'} Node.js and keepgate where root alone can write: sudo npm install --global keepgate`,
  });
}
