import { lstatSync, readlinkSync } from 'node:fs';
import { mounts } from './mounts.ts';
import { asNobody, closedAncestors } from './nobody.ts';
import { programFolder } from './program-folder.ts';

export interface Sandbox {
  /** The bubblewrap program. */
  readonly bwrap: string;
  /** The nginx program. */
  readonly nginx: string;
  /** The folder that the tree was laid out in, the written folders included. */
  readonly root: string;
  /** Folders that nginx writes in; each is an empty file system in memory. */
  readonly folders: readonly string[];
  readonly asRoot: boolean;
}

/**
 * The command that runs a program in the tree, as the root user of a namespace without network in which nothing but memory
 * can be written. bubblewrap reports on file descriptor 3: `exit-code` stands there once the program ran.
 *
 * As root, bubblewrap and all in it run as `nobody`, who has no rights outside. Where `nobody` can't reach what he needs (a
 * cache below a home folder of mode 0700), bubblewrap as root first shows him just these folders, in a mount namespace of
 * its own.
 * @throws KeepgateError sandbox-failed (4) when a file of the tree lies where the system's own folders are needed
 */
export function sandboxCommand(sandbox: Sandbox, command: readonly string[]): string[] {
  const { bwrap, root } = sandbox;
  const inside = [
    bwrap,
    ...['--json-status-fd', '3', '--unshare-all', '--uid', '0', '--gid', '0', '--cap-add', 'CAP_NET_BIND_SERVICE'],
    ...['--die-with-parent', '--new-session', '--ro-bind', '/usr', '/usr'],
    ...['/lib', '/lib32', '/lib64', '/bin', '/sbin'].flatMap(systemFolder),
    ...mounts(sandbox),
    ...command,
  ];
  if (!sandbox.asRoot) return inside;
  const needed = new Set([programFolder(bwrap), programFolder(sandbox.nginx), root]);
  const show = showing([...needed]);
  if (show.length === 0) return [...asNobody, ...inside];
  return [bwrap, '--dev-bind', '/', '/', ...show, '--die-with-parent', ...asNobody, ...inside];
}

/** The system's folders are links into /usr on some distributions and folders on others. */
function systemFolder(path: string): string[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  return stats.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

/** Lets paths be reached by anyone: an empty folder in place of the closed one above them, and in it these paths alone. */
function showing(paths: readonly string[]): string[] {
  const opened = new Set<string>();
  return paths.flatMap((path) => {
    const closed = closedAncestors(path);
    if (closed.length === 0) return [];
    const made = closed.flatMap((folder) => {
      if (opened.has(folder)) return [];
      opened.add(folder);
      return [folder === closed[0] ? '--tmpfs' : '--dir', folder];
    });
    return [...made, '--ro-bind', path, path];
  });
}
