import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** What the crash throws; nothing may catch it and go on. */
export class Crash extends Error {}

const changing = [
  ...(['mkdirSync', 'writeSync', 'fchmodSync', 'fsyncSync', 'symlinkSync', 'renameSync'] as const),
  ...(['unlinkSync', 'rmSync', 'rmdirSync'] as const),
];

/**
 * Runs something that dies right before its change number `last` to the disk: from then on no change gets there any more,
 * that of a `finally` neither, as when the process is killed.
 * @returns how many changes it made or tried
 */
export function crashAt(last: number, act: () => void): number {
  let count = 0;
  const all = fs as unknown as Record<string, (...given: unknown[]) => unknown>;
  const originals = changing.map((name) => [name, all[name]] as const);
  for (const [name, original] of originals)
    all[name] = (...given) => {
      count += 1;
      if (count >= last) throw new Crash();
      return original?.(...given);
    };
  syncBuiltinESMExports();
  try {
    act();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  } finally {
    for (const [name, original] of originals) if (original) all[name] = original;
    syncBuiltinESMExports();
  }
  return count;
}
