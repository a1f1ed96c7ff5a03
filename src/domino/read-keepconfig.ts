/** The files of a keepconfig.d. */
import { readdirSync } from 'node:fs';
import type { Diagnostic } from '../diagnostic.ts';
import { closeFolder, type Folder, folderBelow, readPlain } from './folder.ts';
import type { Overlay } from './overlay.ts';
import { parseSettings } from './settings-text.ts';

export interface KeepConfig {
  readonly overlays: readonly Overlay[];
  /** Files that are no JSON object; the API would not start. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The files of a data folder's keepconfig.d.
 * @throws KeepgateError domino-folder (1) when there is none, unless it may lack; domino-file-kind (1)
 */
export function readConfig(folder: Folder, mayLack: boolean): KeepConfig {
  const config = folderBelow(folder, 'keepconfig.d', { mayLack });
  if (config === undefined) return { overlays: [], diagnostics: [] };
  try {
    return readKeepConfig(config);
  } finally {
    closeFolder(config);
  }
}

/** Reads all that ends in `.json`. @throws KeepgateError domino-file-kind (1) */
export function readKeepConfig(folder: Folder): KeepConfig {
  const overlays: Overlay[] = [];
  const diagnostics: Diagnostic[] = [];
  const names = readdirSync(folder.path).filter((name) => name.endsWith('.json'));
  for (const name of names.sort()) {
    const parsed = parseSettings(readPlain(folder, name)?.bytes.toString('utf8') ?? '{}');
    if (parsed.ok) overlays.push({ name, settings: parsed.settings });
    else diagnostics.push(invalid(`${folder.shown}/${name}`, parsed.problem, parsed.line));
  }
  return { overlays, diagnostics };
}

export const invalid = (shown: string, problem: string, line: number): Diagnostic => ({
  code: 'domino-config-invalid',
  severity: 'error',
  message: `${shown} ${problem} (line ${line})`,
  help: 'Mend it, or take it out of keepconfig.d: the REST API does not start with it.',
});
