/** Whether the timer that is installed may write where a renewal has to: it was made before the certificate was. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import { unitPath, unitPaths } from './systemd-quote.ts';
import { marker, serviceName } from './timer-units.ts';

/**
 * A warning when the unit in this folder renews this store and has `folder` not among its ReadWritePaths (systemd.exec(5)),
 * drop-ins included. Paths are absolute.
 */
export function timerLacks(folder: string, store: string, units: string): Diagnostic | undefined {
  const unit = textOf(join(units, serviceName));
  if (!unit.startsWith(marker)) return undefined;
  const lists = [unit, ...dropIns(join(units, `${serviceName}.d`))]
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => /^ReadWritePaths=(.*)/.exec(line)?.slice(1) ?? []);
  const isWritable = (path: string) =>
    [path, `-${path}`, `+${path}`, `-+${path}`].some((word) =>
      lists.some((list) => ` ${list} `.includes(` ${unitPath(word)} `)),
    );
  if (!isWritable(store) || withParents(folder).some(isWritable)) return undefined;
  return {
    code: 'timer-lacks-folder',
    severity: 'warning',
    message: `the timer that renews may not write to ${folder}: it was installed before this folder was named`,
    help: 'Run the command again that installed it, with the same options: sudo keepgate cert timer --install',
  };
}

/** What the unit in that folder may write to besides its store: absolute paths; none where it is not there, or somebody else's. */
export function unitsWritable(units: string): string[] {
  const unit = textOf(join(units, serviceName));
  if (!unit.startsWith(marker)) return [];
  const [list = ''] = /^ReadWritePaths=(.*)/m.exec(unit)?.slice(1) ?? [];
  return unitPaths(list).flatMap((path) => /^-(\/.*)/s.exec(path)?.slice(1) ?? []);
}

function withParents(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...withParents(parent)];
}

function dropIns(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => textOf(join(folder, name)));
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
