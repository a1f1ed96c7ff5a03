/** Which folder an installation goes into. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { nginxFolder } from '../model/nginx-folder.ts';
import { printable } from '../nginx/printable.ts';
import { insideRoot } from './inside-root.ts';

export interface InstallFolder {
  /** nginx's folder, which holds nginx.conf: absolute, and as messages name it. */
  readonly folder: string;
  readonly shown: string;
  /** What stands for `/` where that folder is `/etc/nginx`: '' on this machine; undefined for a folder of its own. */
  readonly fileSystem: string | undefined;
  /** Whether the nginx that is installed here reads it. */
  readonly live: boolean;
}

/**
 * `root`: nginx's folder, or the root of an image's or a container's file system. Without it, where the installed nginx reads
 * (`confDir`).
 * @throws KeepgateError root-missing, root-link (1), nginx-missing (4)
 */
export function installFolder(root: string | undefined, confDir: string | undefined, cwd: string): InstallFolder {
  if (root === undefined) {
    if (confDir === undefined)
      throw new KeepgateError(4, {
        code: 'nginx-missing',
        message: 'no nginx with a configuration is installed here, so there is no folder to install into',
        help: 'Install it (sudo apt-get install nginx), or name the folder of another one: --root DIR',
      });
    const shown = isSameFolder(confDir, nginxFolder) ? nginxFolder : confDir;
    return { folder: shown, shown, fileSystem: '', live: true };
  }
  const given = resolve(cwd, root);
  if (!statSync(given, { throwIfNoEntry: false })?.isDirectory())
    throw new KeepgateError(1, {
      code: 'root-missing',
      message: `--root ${printable(root)}: there is no such folder`,
      help: "Name nginx's folder, or the root of a file system that has an etc/nginx.",
    });
  const below = existsSync(join(given, 'nginx.conf')) ? undefined : insideRoot(given, nginxFolder);
  const isFileSystem = below !== undefined && existsSync(below);
  const folder = isFileSystem ? below : given;
  const image = folder.endsWith(nginxFolder) ? folder.slice(0, -nginxFolder.length) : undefined;
  // What leads out of an image would be this machine's own.
  if (image !== undefined && folder !== confDir) insideRoot(image, nginxFolder);
  const live = confDir !== undefined && isSameFolder(confDir, folder);
  const fileSystem = live ? '' : image;
  return { folder, shown: isFileSystem ? `${root.replace(/\/+$/, '')}${nginxFolder}` : root, fileSystem, live };
}

function isSameFolder(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
}
