import { readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { readRegularFile, whyNotRead } from '../files/regular-file.ts';
import { includeMatcher, type References, referencesOf } from './references.ts';
import { stockConfiguration, stockTypes } from './stock.ts';

/** The part of a machine's configuration that a test has to see, by the paths that nginx uses. */
export interface Machine {
  readonly files: Map<string, string | Uint8Array>;
  readonly links: Map<string, string>;
  /** Where a stand-in certificate or key has to be: no key is ever copied. */
  readonly certificates: Set<string>;
  readonly keys: Set<string>;
  /** The paths and patterns of `include`. */
  readonly includes: Set<string>;
  readonly folders: Set<string>;
  readonly names: Set<string>;
  readonly users: Set<string>;
  /** What could not be copied, and why. */
  readonly skipped: string[];
}

const home = '/etc/nginx';
/** What keepgate remembers of its changes is no part of the configuration. */
const installState = `${home}/.keepgate`;
const limits = { entries: 20_000, bytes: 64_000_000, depth: 16 };

/** Where the sandbox has what the system has. */
const systemFolder = /^\/(?:lib\d*|s?bin|dev|proc|sys)\//;

export interface MachineOptions {
  /** Everything in the folder, or nginx.conf with what it names itself. */
  readonly whole: boolean;
  /** Whether it is for the nginx that this machine's modules were built for. */
  readonly modules: boolean;
  /** What it was configured with: one without a configuration of its own gets what distributions have in common. */
  readonly configure?: readonly string[];
  /** Paths, as nginx knows them, that are passed over. */
  readonly without?: readonly string[];
}

/**
 * Reads the nginx configuration in a folder, which nginx knows as /etc/nginx, and the files elsewhere that it includes; of a
 * whole folder that is not this machine's own nothing elsewhere, since whoever wrote it may not be who reads it. Only regular files are opened. Symbolic links to files stay links where their target is seen too; links that lead out of
 * the folder, and all links to folders, become what they lead to, so that nobody can write through them.
 */
export function readMachine(
  folder: string | undefined,
  { whole, modules, configure = [], without = [] }: MachineOptions,
): Machine {
  const root = folder === undefined ? home : realpathSync(folder);
  const machine: Machine = {
    files: new Map(),
    links: new Map(),
    certificates: new Set(),
    keys: new Set(),
    includes: new Set(),
    folders: new Set(),
    names: new Set(),
    users: new Set(),
    skipped: [],
  };
  let bytes = 0;
  const confined = whole && !isOwnConfiguration(root);
  const isRefused = (path: string, from: string): boolean => {
    if (!confined || !leadsOut(from, root)) return false;
    machine.skipped.push(`${path}: it is not in the folder`);
    return true;
  };

  /** Where a path that nginx uses is on this disk. */
  const onDisk = (path: string) => (isBelow(path, home) ? root + path.slice(home.length) : path);

  const copy = (path: string, from = onDisk(path)): void => {
    if (machine.files.has(path)) return;
    const contents = readRegularFile(from);
    if (contents.state !== 'read') {
      if (contents.state !== 'missing') machine.skipped.push(`${path}: ${whyNotRead(contents)}`);
      return;
    }
    bytes += contents.bytes.length;
    if (bytes > limits.bytes) machine.skipped.push(`${path}: more than ${limits.bytes / 1e6} MB of configuration`);
    else if (contents.bytes.includes('PRIVATE KEY-----')) machine.keys.add(path);
    else machine.files.set(path, Buffer.from(contents.bytes));
  };

  const walk = (path: string, from: string, depth: number): void => {
    if (depth > limits.depth) return void machine.skipped.push(`${path}: too deep`);
    for (const entry of list(from, machine.skipped)) {
      if (machine.files.size + machine.links.size >= limits.entries) {
        return void machine.skipped.push(`${path}: more than ${limits.entries} files`);
      }
      const at = posix.join(path, entry.name);
      if (at === installState || without.includes(at)) continue;
      if (!modules && path === `${home}/modules-enabled`) continue;
      if (entry.isDirectory()) walk(at, posix.join(from, entry.name), depth + 1);
      else if (entry.isSymbolicLink()) follow(at, posix.join(from, entry.name), depth);
      else copy(at, posix.join(from, entry.name));
    }
  };

  const follow = (path: string, link: string, depth: number): void => {
    const to = readlinkSync(link);
    const target = posix.resolve(posix.dirname(path), to);
    const from = posix.isAbsolute(to) ? onDisk(to) : posix.resolve(posix.dirname(link), to);
    if (isBelow(target, '/usr')) {
      if (modules) machine.links.set(path, to);
      return;
    }
    if (isRefused(path, from)) return;
    const kind = statSync(from, { throwIfNoEntry: false });
    if (kind?.isDirectory()) walk(path, from, depth + 1);
    else if (kind === undefined || isBelow(target, home)) machine.links.set(path, to);
    else copy(path, from);
  };

  if (whole) walk(home, root, 0);
  else if (folder !== undefined) for (const name of ['nginx.conf', 'mime.types']) copy(`${home}/${name}`);
  else {
    machine.files.set(`${home}/nginx.conf`, stockConfiguration(configure, { main: 'user www-data;\n' }));
    machine.files.set(`${home}/mime.types`, stockTypes);
  }

  const seen = new Set<string>();
  for (const [path, contents] of machine.files) {
    // What a Map is given while it is walked is visited too.
    if (seen.has(path) || Buffer.from(contents).includes(0)) continue;
    seen.add(path);
    const references = referencesOf(contents.toString());
    for (const pattern of references.includes) {
      if (isBelow(pattern, '/usr')) continue;
      if (pattern.includes('*') && isBelow(pattern, home)) continue;
      if (isRefused(pattern, onDisk(pattern))) {
        if (!pattern.includes('*') && !isBelow(pattern, home) && !systemFolder.test(pattern))
          machine.files.set(pattern, '');
        continue;
      }
      for (const included of expand(pattern)) copy(included);
    }
    for (const file of references.read) if (!isBelow(file, '/usr') && !isRefused(file, onDisk(file))) copy(file);
    note(machine, references);
  }
  return machine;
}

/** Whether a folder is the configuration of the nginx installed here, whose files its owner may read anyway. */
export function isOwnConfiguration(folder: string): boolean {
  return realPath(folder) === realPath(home);
}

/** Whether a path is outside of a folder, or leads there. Of what is missing the name alone counts. */
export function leadsOut(path: string, folder: string): boolean {
  return !isBelow(`${realPath(path)}/`, realPath(folder));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function note(machine: Machine, references: References): void {
  for (const path of references.certificates) machine.certificates.add(path);
  for (const path of references.keys) machine.keys.add(path);
  for (const path of references.ticketKeys) machine.files.set(path, new Uint8Array(80));
  for (const path of references.passwordFiles) machine.files.set(path, 'stand-in\n');
  for (const path of references.includes) machine.includes.add(path);
  for (const path of references.folders) machine.folders.add(path);
  for (const name of references.names) machine.names.add(name);
  for (const user of references.users) machine.users.add(user);
}

function list(folder: string, skipped: string[]) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    skipped.push(`${folder}: this user may not read it`);
    return [];
  }
}

/** The files that an include with a pattern in its last segment means. */
function expand(pattern: string): string[] {
  if (!pattern.includes('*')) return [pattern];
  const folder = posix.dirname(pattern);
  const matches = includeMatcher(pattern);
  try {
    return readdirSync(folder)
      .map((entry) => posix.join(folder, entry))
      .filter((path) => matches.test(path));
  } catch {
    return [];
  }
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
