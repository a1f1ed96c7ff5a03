import process from 'node:process';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Owner } from '../../files/durable.ts';

/** `auto`: whose the folder is; `keep`: the user that runs this; or numbers. */
export type OwnerChoice = 'auto' | 'keep' | `${number}:${number}`;

export const isOwnerChoice = (text: string): text is OwnerChoice => /^(auto|keep|\d{1,10}:\d{1,10})$/.test(text);

/** Whose a file at this path, in a folder of this owner's, is to be; undefined leaves it to the user that runs this, which only root can change. */
export function ownerOf(
  choice: OwnerChoice,
  path: string,
  { uid, gid }: Owner,
): { readonly owner?: Owner; readonly diagnostics: readonly Diagnostic[] } {
  if (choice === 'keep') return { diagnostics: [] };
  if (choice !== 'auto') {
    const [chosen = 0, group = 0] = choice.split(':').map(Number);
    return { owner: { uid: chosen, gid: group }, diagnostics: [] };
  }
  const user = process.geteuid?.();
  if (user === 0) return { owner: { uid, gid }, diagnostics: [] };
  if (user === undefined || user === uid) return { diagnostics: [] };
  return { diagnostics: [notTheirs(path, uid)] };
}

const notTheirs = (path: string, uid: number): Diagnostic => ({
  code: 'export-owner',
  severity: 'warning',
  message: `${path} belongs to you, and its folder to user ${uid}, who may not read it`,
  help: `Run it as root (sudo), which gives the file to the folder's owner, or: sudo chown ${uid} ${path}`,
});
