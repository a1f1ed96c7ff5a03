/** An installed Domino REST API, as `init --from-keepconfig` reads it. */
import { resolve } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { closeFolder, folderBelow, openFolder } from '../domino/folder.ts';
import { type FrontSpec, frontSpec } from '../domino/front-spec.ts';
import { installationOf } from '../domino/installation.ts';
import { readKeepConfig } from '../domino/read-keepconfig.ts';
import { environmentOf } from './commands/domino/data-options.ts';
import type { Io } from './io.ts';

/**
 * `path`: keepconfig.d, or the data folder around it.
 * @throws KeepgateError domino-folder, domino-file-kind, domino-env-file; the first finding about its files (1)
 */
export function readFront(path: string, environmentFile: string | undefined, io: Io): FrontSpec {
  const environment = environmentOf(environmentFile, io);
  const named = openFolder(resolve(io.cwd, path), path);
  const inner = folderBelow(named, 'keepconfig.d');
  try {
    const { overlays, diagnostics } = readKeepConfig(inner ?? named);
    const installation = installationOf({ overlays, environment });
    const [wrong] = [...diagnostics, ...installation.diagnostics];
    if (wrong) throw new KeepgateError(1, wrong);
    return frontSpec(installation);
  } finally {
    if (inner) closeFolder(inner);
    closeFolder(named);
  }
}
