/** Where a rule points when an option was not written where it is used. */
import { type ExpandedSite, layerOf } from '../model/expand.ts';
import { normalHost } from '../spec/address.ts';
import type { Path } from '../spec/document.ts';
import type { PresetOptions } from '../spec/types.gen.ts';
import type { Place } from './rule.ts';

/** A host in the list that a person wrote; a preset may have given the site only a part of it. */
export function hostPlace(site: ExpandedSite, host: string): Place {
  const written = site.layers.find(({ name }) => name === 'site')?.options.hosts;
  const hosts: unknown[] = Array.isArray(written) ? written : [];
  return { site, path: ['hosts', hosts.findIndex((entry) => normalHost(String(entry)) === host)] };
}

/** The value at a path of a site's options that names a backend; the preset's `web` or `backend` where it made the route. */
export function referencePlace(
  site: ExpandedSite,
  path: Path,
  reference: string,
  preset: PresetOptions | undefined,
): Place {
  if (preset === undefined || layerOf(site, path) !== 'preset') return { site, path };
  const own = ['sites', site.specName, 'preset'];
  if (preset.name === 'domino-rest-api' && preset.web === reference) return { about: site, path: [...own, 'web'] };
  if (preset.backend !== undefined) return { about: site, path: [...own, 'backend'] };
  return { about: site, path: own, what: 'key' };
}
