import { type Dirent, lstatSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import type { Sandbox } from './bwrap.ts';
import { programFolder } from './program-folder.ts';

/** Where malloc looks whether there are large pages, and how large (see run.ts). */
const largePages = '/sys/kernel/mm/transparent_hugepage';

/**
 * bubblewrap's arguments for what a program sees besides the system's own folders: the tree, the folder of the program, and
 * the folders that it writes in. Later ones lie over earlier ones, and an nginx built with a prefix of its own has its logs
 * and its temporary folders in the folder of the program.
 * @throws KeepgateError sandbox-failed (4) when a file of the tree lies where the system's own folders are needed
 */
export function mounts({ root, nginx, folders }: Sandbox): string[] {
  const program = programFolder(nginx);
  const shown = program === '/usr' ? ['/usr'] : ['/usr', program];
  const isShown = (folder: string) => shown.some((other) => folder === other || folder.startsWith(`${other}/`));
  if (program !== '/usr') mountPoint(root, program);
  const top = readdirSync(root).flatMap((name) => {
    if (name === 'usr') return [];
    if (/^(lib\d*|bin|sbin|dev|proc|sys)$/.test(name)) throw misplaced(`/${name}`);
    return ['--ro-bind', `${root}/${name}`, `/${name}`];
  });
  const sorted = [...folders].sort();
  const holdsProgram = (folder: string) => nginx.startsWith(`${folder}/`);
  const laidOver = new LaidOver(
    root,
    nginx,
    new Set(sorted.filter((folder) => isShown(folder) && holdsProgram(folder))),
  );
  const emptied = (folder: string) => ['--tmpfs', folder, ...children(root, folder)];
  return [
    ...top,
    ...['--dev', '/dev', '--ro-bind-try', largePages, largePages],
    ...sorted.filter((folder) => !isShown(folder)).flatMap(emptied),
    ...(program === '/usr' ? [] : ['--ro-bind', program, program]),
    ...shown.flatMap((folder) => laidOver.below(folder)),
    ...sorted.filter((folder) => isShown(folder) && !holdsProgram(folder)).flatMap(emptied),
  ];
}

/** Too much is in these to show it one by one. */
export function isSystems(folder: string): boolean {
  return /^\/usr(\/(?!local$)[^/]*)?$/.test(folder);
}

/** What the tree has in a written folder is laid over the empty one. */
function children(root: string, folder: string): string[] {
  return list(root + folder).flatMap((entry) => shownAt(`${folder}/${entry.name}`, entry, root));
}

/** What the tree has in a folder of this machine's is laid over what the machine has there. */
class LaidOver {
  readonly #root: string;
  readonly #nginx: string;
  /** Folders with the program in them that are written in as well. */
  readonly #written: ReadonlySet<string>;

  constructor(root: string, nginx: string, written: ReadonlySet<string>) {
    this.#root = root;
    this.#nginx = nginx;
    this.#written = written;
  }

  below(folder: string): string[] {
    const entries = list(this.#root + folder).map((entry) => ({ entry, path: `${folder}/${entry.name}` }));
    const isMissing = (path: string) => lstatSync(path, { throwIfNoEntry: false }) === undefined;
    const added = entries.some(({ path }) => isMissing(path));
    if (added && isSystems(folder)) throw misplaced(folder);
    return [
      ...(added || this.#written.has(folder) ? this.#opened(folder) : []),
      ...entries.flatMap(({ entry, path }) => {
        if (isMissing(path)) return shownAt(path, entry, this.#root);
        return entry.isDirectory() ? this.below(path) : ['--ro-bind', this.#root + path, path];
      }),
    ];
  }

  /** A folder that takes more than it has: bubblewrap can't make anything in a read-only one. */
  #opened(folder: string): string[] {
    // nginx opens its log or its pid file for writing, and finds it read-only if it is shown.
    const withFiles = !this.#written.has(folder);
    const entries = list(folder).filter((entry) => withFiles || !entry.isFile());
    const program = posix.dirname(this.#nginx) === folder && !withFiles ? ['--ro-bind', this.#nginx, this.#nginx] : [];
    return ['--tmpfs', folder, ...entries.flatMap((entry) => shownAt(`${folder}/${entry.name}`, entry)), ...program];
  }
}

/** One entry of a folder, of this machine or of the tree in `root`. */
function shownAt(path: string, entry: Dirent, root = ''): string[] {
  if (entry.isSymbolicLink()) return ['--symlink', readlinkSync(root + path), path];
  return entry.isDirectory() || entry.isFile() ? ['--ro-bind', root + path, path] : [];
}

function list(folder: string): Dirent[] {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  return stats?.isDirectory() ? readdirSync(folder, { withFileTypes: true }) : [];
}

/** bubblewrap can't make one in a read-only folder. */
function mountPoint(root: string, path: string): void {
  if (statSync(path).isDirectory()) return void mkdirSync(root + path, { recursive: true });
  mkdirSync(root + posix.dirname(path), { recursive: true });
  writeFileSync(root + path, '');
}

function misplaced(folder: string): KeepgateError {
  return new KeepgateError(4, {
    code: 'sandbox-failed',
    message: `the sandbox can't hold a certificate or file directly in ${folder}: the system's programs are there`,
    help: 'Keep certificates below /etc/ssl or /var/lib.',
  });
}
