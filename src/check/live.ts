/** The machine's own configuration, read to show a person the other side of a clash. */
import { readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import type { Location } from '../diagnostic.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { nginxFolder } from '../model/nginx-folder.ts';
import { isOwnConfiguration, leadsOut, readMachine } from '../nginx/machine.ts';
import { includeMatcher } from '../nginx/references.ts';

export interface LiveFile {
  /** As nginx names it, such as `/etc/nginx/sites-enabled/default`. */
  readonly path: string;
  /** Where the bytes are once links are followed, such as `/etc/nginx/sites-available/default`. */
  readonly real: string;
  readonly lines: readonly string[];
  /** Whether an `include` names it: a folder also holds what was switched off. */
  readonly included: boolean;
}

/** A line of a file. */
export interface Found {
  readonly file: LiveFile;
  readonly at: Location;
}

/** The text files in a folder that nginx knows as /etc/nginx: links in sites-enabled first, where a person switches off. */
export function liveFiles(folder: string): LiveFile[] {
  const { files, links, includes } = readMachine(folder, { whole: true, modules: false });
  const matchers = [...includes].map(includeMatcher);
  const isIncluded = (path: string): boolean =>
    path === `${nginxFolder}/nginx.conf` || matchers.some((matcher) => matcher.test(path));
  const linked = [...links.keys()].filter((path) => path.startsWith(`${nginxFolder}/sites-enabled/`));
  const paths = [...linked, ...[...files.keys()].filter((path) => !path.includes('/sites-available/'))];
  const confined = !isOwnConfiguration(folder);
  return paths.flatMap((path) => {
    const real = followed(folder, path);
    if (confined && leadsOut(onDisk(folder, real), folder)) return [];
    const contents = readRegularFile(onDisk(folder, real));
    return contents.state === 'read' && !contents.bytes.includes(0)
      ? [{ path, real, lines: contents.bytes.toString().split('\n'), included: isIncluded(path) }]
      : [];
  });
}

/** The first line that is no comment and has the pattern. */
export function findLine(files: readonly LiveFile[], pattern: RegExp): Found | undefined {
  for (const file of files) {
    const index = file.lines.findIndex((line) => !/^\s*#/.test(line) && pattern.test(line));
    if (index !== -1) return { file, at: lineAt(file.path, index + 1, file.lines[index] ?? '') };
  }
  return undefined;
}

/** The place of a line, underlined without its indentation. */
export function lineAt(file: string, line: number, source: string): Location {
  const column = source.length - source.trimStart().length + 1;
  return { file, line, column, length: Math.max(1, source.trim().length), source };
}

function followed(folder: string, path: string): string {
  let at = path;
  for (let steps = 0; steps < 8; steps++) {
    let to: string;
    try {
      to = readlinkSync(onDisk(folder, at));
    } catch {
      return at;
    }
    at = posix.resolve(posix.dirname(at), to);
  }
  return at;
}

const onDisk = (folder: string, path: string): string =>
  path.startsWith(`${nginxFolder}/`) ? posix.join(folder, path.slice(nginxFolder.length)) : path;
