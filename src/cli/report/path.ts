import { posix } from 'node:path';

/** The path as a code platform wants it: relative to the root of the repository where it lies in it, without `./`. */
export function repositoryPath(file: string, root: string | undefined): string {
  const normal = posix.normalize(file);
  if (root === undefined || !posix.isAbsolute(normal)) return normal;
  const relative = posix.relative(root, normal);
  return relative === '..' || relative.startsWith('../') ? normal : relative;
}
