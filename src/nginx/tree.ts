import { chmodSync, chownSync, linkSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { nobody } from './nobody.ts';

/** Everything that nginx gets to see besides programs and libraries; paths are absolute, as nginx uses them. */
export interface Tree {
  readonly files: Iterable<readonly [path: string, contents: string | Uint8Array]>;
  readonly links: Iterable<readonly [path: string, to: string]>;
  readonly certificates: Iterable<string>;
  /** A path that is a certificate too gets both. */
  readonly keys: ReadonlySet<string>;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly folders: Iterable<string>;
}

/**
 * Lays a tree out below a folder. The first one to claim a path has it; links come last, so nothing is ever written through
 * one. Stand-ins are hard links to one file each.
 * @throws TypeError for a path that isn't absolute and normal: the caller's mistake
 */
export function buildTree(root: string, tree: Tree): void {
  const made = new Set<string>();
  const taken = new Set<string>();
  const claim = (path: string): string | undefined => {
    if (taken.has(path)) return undefined;
    if (!path.startsWith('/') || path.includes('\0') || path !== posix.resolve(path)) {
      throw new TypeError(`not an absolute, normal path: ${JSON.stringify(path)}`);
    }
    taken.add(path);
    folder(path.slice(0, path.lastIndexOf('/')));
    return root + path;
  };
  const folder = (path: string): void => {
    if (path === '' || made.has(path)) return;
    mkdirSync(root + path, { recursive: true });
    made.add(path);
  };

  for (const [path, contents] of tree.files) {
    const at = claim(path);
    if (at !== undefined) writeFileSync(at, contents);
  }
  const both = `${tree.certificatePem}\n${tree.keyPem}`;
  const certificate = standIn(tree.certificatePem);
  const combined = standIn(both);
  for (const path of tree.certificates) {
    const at = claim(path);
    if (at !== undefined) (tree.keys.has(path) ? combined : certificate)(at);
  }
  const key = standIn(tree.keyPem);
  for (const path of tree.keys) {
    const at = claim(path);
    if (at !== undefined) key(at);
  }
  for (const path of tree.folders) folder(path);
  for (const [path, to] of tree.links) {
    const at = claim(path);
    if (at !== undefined && !made.has(path)) symlinkSync(to, at);
  }
}

/** Makes copies of one file as cheaply as can be: a file system allows an inode only so many names. */
function standIn(contents: string): (path: string) => void {
  let source: string | undefined;
  return (path) => {
    if (source !== undefined) {
      try {
        return linkSync(source, path);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && ['EMLINK', 'EPERM'].includes(String(error.code))))
          throw error;
      }
    }
    writeFileSync(path, contents);
    source = path;
  };
}

/**
 * Lets `nobody`, and of other users nobody else, read a tree that root made: the configuration may hold what is not for
 * everyone. Only under an umask that takes the others' rights away has every file to be touched.
 */
export function shareWithNobody(root: string, sample: string): void {
  chownSync(root, 0, nobody);
  chmodSync(root, 0o750);
  if ((statSync(root + sample).mode & 0o004) !== 0) return;
  const open = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const at = posix.join(path, entry.name);
      if (entry.isSymbolicLink()) continue;
      chmodSync(at, entry.isDirectory() ? 0o755 : 0o644);
      if (entry.isDirectory()) open(at);
    }
  };
  open(root);
}
