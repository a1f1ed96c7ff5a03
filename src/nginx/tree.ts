import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { posix } from 'node:path';
import { nobody } from './nobody.ts';

/** Everything that nginx gets to see besides programs and libraries; paths are absolute, as nginx uses them. */
export interface Contents {
  readonly files: Iterable<readonly [path: string, contents: string | Uint8Array]>;
  readonly links: Iterable<readonly [path: string, to: string]>;
  readonly certificates: Iterable<string>;
  /** A path that is a certificate too gets both. */
  readonly keys: ReadonlySet<string>;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly folders: Iterable<string>;
}

const abnormal = /^(?!\/)|\/\.{0,2}(?:\/|$)|\0/;

/** A folder that stands for `/`, and the record of what was put there. Made for thousands of files: every call counts. */
export class Tree {
  readonly root: string;
  readonly #paths = new Set<string>();
  readonly #folders = new Set<string>();

  constructor(root: string) {
    this.root = root;
  }

  /**
   * Lays out the contents. The first to claim a path has it; links come last, so nothing is ever written through one.
   * @throws TypeError for a path that isn't absolute and normal: the caller's mistake
   */
  fill(contents: Contents): void {
    for (const [path, bytes] of contents.files) if (this.#claim(path)) writeFileSync(this.root + path, bytes);
    for (const path of contents.folders) this.#makeFolder(path);
    this.#putStandIns(contents);
    for (const [path, to] of contents.links) {
      if (!this.#folders.has(path) && this.#claim(path)) symlinkSync(to, this.root + path);
    }
  }

  /** Folders that would hold the same stand-ins and nothing else, as one per site does, are links to the first of them. */
  #putStandIns({ certificates, keys, certificatePem, keyPem, links }: Contents): void {
    const make = {
      certificate: copies(certificatePem),
      key: copies(keyPem),
      both: copies(`${certificatePem}\n${keyPem}`),
    };
    const folders = new Map<string, [name: string, kind: keyof typeof make][]>();
    const put = (path: string, kind: keyof typeof make) => {
      const end = path.lastIndexOf('/');
      const folder = path.slice(0, end);
      const entries = folders.get(folder);
      if (entries) entries.push([path.slice(end + 1), kind]);
      else folders.set(folder, [[path.slice(end + 1), kind]]);
    };
    const certified = new Set(certificates);
    for (const path of certified) put(path, keys.has(path) ? 'both' : 'certificate');
    for (const path of keys) if (!certified.has(path)) put(path, 'key');

    const others = [
      ...this.#paths,
      ...[...links].map(([path]) => path),
      ...[...this.#folders].map((path) => `${path}/`),
    ];
    const busy = parentsOf([...folders.keys(), ...others]);
    const first = new Map<string, string>();
    for (const [folder, entries] of folders) {
      const content = JSON.stringify(entries.sort());
      const twin = first.get(content);
      if (twin !== undefined && !busy.has(folder)) {
        if (this.#claim(folder)) symlinkSync(posix.relative(posix.dirname(folder), twin), this.root + folder);
        continue;
      }
      if (!busy.has(folder)) first.set(content, folder);
      for (const [name, kind] of entries) {
        const path = `${folder}/${name}`;
        if (this.#claim(path)) make[kind](this.root + path);
      }
    }
  }

  /**
   * Lets `nobody`, and of other users nobody else, read what root laid out: it may hold what is not for everyone. Only
   * under an umask that takes the others' rights away has every file to be touched.
   */
  shareWithNobody(): void {
    chownSync(this.root, 0, nobody);
    chmodSync(this.root, 0o750);
    const [sample] = this.#folders;
    if (sample === undefined || (statSync(this.root + sample).mode & 0o005) === 0o005) return;
    open(this.root);
  }

  /** Removes it. Node 20's own way takes six times as long, so that only gets what is left. */
  remove(): void {
    const attempt = (remove: (path: string) => void, paths: Iterable<string>) => {
      for (const path of paths) {
        try {
          remove(this.root + path);
        } catch {
          // Left to rmSync.
        }
      }
    };
    attempt(unlinkSync, this.#paths);
    attempt(rmdirSync, [...this.#folders].reverse());
    rmSync(this.root, { recursive: true, force: true });
  }

  #claim(path: string): boolean {
    if (this.#paths.has(path)) return false;
    if (abnormal.test(path)) throw new TypeError(`not an absolute, normal path: ${JSON.stringify(path)}`);
    this.#paths.add(path);
    this.#makeFolder(path.slice(0, path.lastIndexOf('/')));
    return true;
  }

  #makeFolder(path: string): void {
    if (path === '' || this.#folders.has(path)) return;
    mkdirSync(this.root + path, { recursive: true });
    this.#folders.add(path);
  }
}

/** Makes copies of one file as hard links: a file system allows a file only so many names. */
function copies(contents: string): (path: string) => void {
  let source: string | undefined;
  return (path) => {
    if (source !== undefined) {
      try {
        return linkSync(source, path);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        if (code !== 'EMLINK' && code !== 'EPERM') throw error;
      }
    }
    writeFileSync(path, contents);
    source = path;
  };
}

/** The folders that the paths are in, and those above. */
function parentsOf(paths: Iterable<string>): Set<string> {
  const parents = new Set<string>();
  for (const path of paths) {
    let end = path.lastIndexOf('/');
    while (end > 0 && !parents.has(path.slice(0, end))) {
      parents.add(path.slice(0, end));
      end = path.lastIndexOf('/', end - 1);
    }
  }
  return parents;
}

function open(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (entry.isSymbolicLink()) continue;
    chmodSync(path, entry.isDirectory() ? 0o755 : 0o644);
    if (entry.isDirectory()) open(path);
  }
}
