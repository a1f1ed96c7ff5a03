/** Which workers have not read what is on disk: those that ran when it was put there without a reload. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readText, replaceFile } from '../certs/durable.ts';
import { isNginx, isSame, type NginxProcess, type NginxProcesses } from './processes.ts';
import { inState, stateOf } from './state-folder.ts';

const file = 'unloaded.json';

/** Notes the workers that run on with the state before. */
export function noteUnloaded(folder: string, { children }: NginxProcesses): void {
  const state = stateOf(folder);
  inState(state, () => replaceFile(join(state, file), JSON.stringify(children.filter(isNginx))));
}

export function noteLoaded(folder: string): void {
  const state = stateOf(folder);
  inState(state, () => rmSync(join(state, file), { force: true }));
}

/** Whether one of the workers noted still takes connections. */
export function isUnloaded(folder: string, { children }: NginxProcesses): boolean {
  const state = stateOf(folder);
  const text = inState(state, () => readText(join(state, file)));
  if (text === undefined) return false;
  const noted = parse(text);
  return children.some((child) => !child.title.endsWith('is shutting down') && noted.some((old) => isSame(old, child)));
}

function parse(text: string): NginxProcess[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
