import { accessSync, constants } from 'node:fs';
import { referencesOf } from '../nginx/references.ts';
import { type LiveFile, liveFiles } from './live.ts';

/**
 * The folders that the nginx configuration in this folder has files written to, such as those of its logs: what
 * `nginx -t` can't open there it calls an error. Files that may not be read are left out, and so is what lies in `/`,
 * `/dev` and `/run`.
 */
export function writtenFolders(folder = '/etc/nginx'): string[] {
  const all = filesIn(folder).flatMap(({ lines }) => referencesOf(lines.join('\n')).folders);
  return [...new Set(all)].filter((path) => !/^\/($|dev(\/|$)|run(\/|$)|var\/run(\/|$))/.test(path)).sort();
}

function filesIn(folder: string): LiveFile[] {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
  } catch {
    return [];
  }
  return liveFiles(folder);
}
