import { readBelieved } from '../files/believed-file.ts';
import { codeOf } from '../files/errno.ts';
import { damaged, inStore } from './store-failure.ts';

/**
 * The text of a file in the store; undefined when there is none. What another user may have written is refused.
 * @throws KeepgateError store-damaged (4), store-not-writable (4) when this user may not read it
 */
export function readStored(path: string): string | undefined {
  return inStore(() => {
    try {
      // Backups may give files second names; nobody else can, in folders that are good.
      const found = readBelieved(path, { names: Number.POSITIVE_INFINITY });
      if (found === undefined || 'text' in found) return found?.text;
      throw damaged(path, found.problem);
    } catch (error) {
      if (codeOf(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  });
}
