import { basename } from 'node:path';
import { defaultServerPattern } from '../check/clash.ts';
import { findLine, liveFiles } from '../check/live.ts';

/**
 * Where the configuration in this folder of nginx answers for unknown hosts already, as the spec's nginx.defaultServer has to say
 * it: nginx takes one default server for a socket, and what keepgate did not write stays.
 */
export function machinesDefaultServer(folder: string | undefined): 'https' | 'off' | undefined {
  if (folder === undefined) return undefined;
  const live = liveFiles(folder).filter(({ path }) => !basename(path).startsWith('keepgate'));
  const has = (port: number) => findLine(live, defaultServerPattern(`0.0.0.0:${port}`)) !== undefined;
  if (has(443)) return 'off';
  return has(80) ? 'https' : undefined;
}
