/** A path in the file system of an image, whose links this machine would follow into its own. */
import { readlinkSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { codeOf } from '../files/errno.ts';

/** As the kernel has it (path_resolution(7)). */
const mostLinks = 40;

/**
 * Joins the two; `path` is absolute within the image, whose `root` is absolute, or '' for this machine. It need not exist.
 * @throws KeepgateError root-link (1) when a link on the way leads out of the root
 */
export function insideRoot(root: string, path: string): string {
  const link = root === '' || root === '/' ? undefined : linkOut(root, path);
  if (link === undefined) return join(root || '/', path);
  throw new KeepgateError(1, {
    code: 'root-link',
    message: `${link} is a link out of ${root}: from here it leads into this machine, so nothing was written`,
    help: `Make it a relative link that stays below ${root}, or run keepgate inside of the image.`,
  });
}

/** The first link that is absolute, climbs above the root, or goes round in circles. */
function linkOut(root: string, path: string): string | undefined {
  let at = '/';
  let last = '';
  let links = 0;
  const left = path.split('/');
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..' && at === '/') return last || join(root, path);
    const next = join(at, name);
    const to = linkTarget(join(root, next));
    if (to === undefined) {
      at = next;
      continue;
    }
    last = join(root, next);
    if (isAbsolute(to) || ++links > mostLinks) return last;
    left.unshift(...to.split('/'));
  }
  return undefined;
}

/** It asks once: what is looked at first may be something else when it is read. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (['EINVAL', 'ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}
