/** Which nginx has not read what is on disk, or may not have. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readText, replaceFile } from '../files/durable.ts';
import { isNginx, isSame, type NginxProcess, type NginxProcesses } from './processes.ts';
import { inState, stateOf } from './state-folder.ts';

const file = 'unloaded.json';
const whichever = 'whichever';

/** Notes the workers that run on with the state before. */
export function noteUnloaded(folder: string, { children }: NginxProcesses): void {
  const state = stateOf(folder);
  inState(state, () => replaceFile(join(state, file), JSON.stringify(children.filter(isNginx))));
}

/**
 * Notes that nobody has seen which state nginx runs with: until it is reloaded by keepgate, or until this master has ended.
 * `running`: undefined where it is not known which nginx reads the folder.
 */
export function noteUnsure(folder: string, running: NginxProcesses | undefined): void {
  const state = stateOf(folder);
  inState(state, () => replaceFile(join(state, file), JSON.stringify(running ? [running.master] : whichever)));
}

export function noteLoaded(folder: string): void {
  const state = stateOf(folder);
  inState(state, () => rmSync(join(state, file), { force: true }));
}

/** Whether the master noted still runs, or one of the workers noted still takes connections. */
export function isUnloaded(folder: string, { master, children }: NginxProcesses): boolean {
  const state = stateOf(folder);
  const text = inState(state, () => readText(join(state, file)));
  if (text === undefined) return false;
  const noted = parse(text);
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
