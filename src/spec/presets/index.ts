import type { PresetOptions, SiteSpec } from '../types.gen.ts';
import { dominoRestApi } from './domino-rest-api.ts';
import type { Expansion } from './preset.ts';
import { restApi } from './rest-api.ts';

/** Expands a site's preset into the plain options that it stands for. */
export function expandPreset(preset: PresetOptions, site: SiteSpec): Expansion {
  return preset.name === 'rest-api' ? restApi(preset) : dominoRestApi(preset, site);
}
