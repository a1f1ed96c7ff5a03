/** Which nginx has not read what is on disk, or may not have. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readBelieved } from '../files/believed-file.ts';
import { replaceFile } from '../files/durable.ts';
import type { HeldTree } from '../files/held-tree.ts';
import { isNginx, isSame, type NginxProcess, type NginxProcesses } from './processes.ts';
import { inState, stateFolderIfAny, stateName } from './state-folder.ts';

const name = 'unloaded.json';
const file = join(stateName, name);
const whichever = 'whichever';

/** Notes the workers that run on with the state before. */
export function noteUnloaded(tree: HeldTree, { children }: NginxProcesses): void {
  inState(tree, file, () => replaceFile(tree.place(file), JSON.stringify(children.filter(isNginx))));
}

/**
 * Notes that nobody has seen which state nginx runs with: until it is reloaded by keepgate, or until this master has ended.
 * `running`: undefined where it is not known which nginx reads the folder.
 */
export function noteUnsure(tree: HeldTree, running: NginxProcesses | undefined): void {
  inState(tree, file, () => replaceFile(tree.place(file), JSON.stringify(running ? [running.master] : whichever)));
}

export function noteLoaded(tree: HeldTree): void {
  inState(tree, file, () => rmSync(tree.place(file), { force: true }));
}

/** Whether the master noted still runs, or one of the workers noted still takes connections. */
export function isUnloaded(tree: HeldTree, { master, children }: NginxProcesses): boolean {
  const found = inState(tree, file, () => {
    const folder = stateFolderIfAny(tree, stateName);
    return folder && readBelieved(join(folder.path, name));
  });
  if (found === undefined) return false;
  const noted = 'text' in found ? parse(found.text) : [];
  if (noted === whichever) return true;
  const working = [master, ...children.filter(({ title }) => !title.endsWith('is shutting down'))];
  return working.some((one) => noted.some((old) => isSame(old, one)));
}

function parse(text: string): NginxProcess[] | typeof whichever {
  try {
    const value: unknown = JSON.parse(text);
    if (value === whichever) return value;
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
