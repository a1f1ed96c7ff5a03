import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';

/** A folder in memory, where there is one: a run syncs a dozen files, and what a disk takes for that is not what is tested. */
export function memory(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
