/** Whether what a file says is what the API will do. */
import type { Diagnostic } from '../diagnostic.ts';
import { type Layers, originOf, overlaid, valueAt } from './overlay.ts';
import type { Edit } from './settings-text.ts';

/** An error for each edit that another file or the environment undoes. `layers`: with the edited file. */
export function overridden(file: string, edits: readonly Edit[], layers: Layers): Diagnostic[] {
  const settings = overlaid(layers);
  return edits.flatMap(({ path, value }): Diagnostic[] => {
    if (value === undefined || same(valueAt(settings, path), value)) return [];
    const key = path.join('.');
    const by = originOf(layers, path) ?? originOf(layers, path.slice(0, 1)) ?? 'another file';
    return [
      {
        code: 'domino-overridden',
        severity: 'error',
        message: `${key} in ${file} would not count: ${by} comes later and says otherwise`,
        help: `Take ${key} out of ${by}; files count in alphabetical order, and the environment counts last.`,
      },
    ];
  });
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
