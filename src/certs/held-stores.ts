/** The stores that this process holds open, and their names. */
import { lstatSync } from 'node:fs';
import type { WalkedFolder } from '../files/trusted-folder.ts';

/** What leads to a store → its path. A store is held until the process ends: nothing that has a path in it can outlive that. */
const stores = new Map<string, { readonly root: string; readonly id: string }>();

/** The path to work with. */
export function keepHeld(folder: WalkedFolder, root: string): string {
  const { dev, ino } = lstatSync(`${folder.path}/.`);
  const id = `${dev}:${ino} ${root}`;
  for (const [held, store] of stores) {
    if (store.id !== id) continue;
    folder.release();
    return held;
  }
  stores.set(folder.path, { root, id });
  return folder.path;
}

/** A path in a store, as messages name it. */
export function shownPath(path: string): string {
  for (const [held, { root }] of stores)
    if (path === held || path.startsWith(`${held}/`)) return root + path.slice(held.length);
  return path;
}
