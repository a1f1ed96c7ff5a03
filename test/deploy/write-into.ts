import { openFolder } from '../../src/deploy/install-folder.ts';
import { type WriteResult, writeFolder } from '../../src/deploy/write-folder.ts';
import type { Rendered } from '../../src/render/render.ts';

/** What `render --out` does with a folder, which is made where it is missing. */
export function writeInto(folder: string, rendered: Rendered, force: boolean): WriteResult {
  const tree = openFolder(folder, { make: 0o755 });
  try {
    return writeFolder(tree, rendered, { force, shown: 'site' });
  } finally {
    tree.release();
  }
}
