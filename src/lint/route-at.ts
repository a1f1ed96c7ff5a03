import type { Location } from '../model/site.ts';
import { routeRegex } from './route-regex.ts';

/** The location that nginx would answer a path with (ngx_http_core_module, location); undefined when only nginx can tell. */
export function routeAt(locations: readonly Location[], path: string): Location | undefined {
  const exact = locations.find((location) => location.modifier === '=' && location.path === path);
  if (exact) return exact;
  for (const location of locations) {
    if (location.modifier !== '~' && location.modifier !== '~*') continue;
    const regex = routeRegex(location.modifier, location.path);
    if (!regex || path.length > 200) return undefined;
    if (regex.test(path)) return location;
  }
  const prefixes = locations.filter((location) => location.modifier === null && path.startsWith(location.path));
  return prefixes.reduce<Location | undefined>(
    (longest, location) => (longest && longest.path.length >= location.path.length ? longest : location),
    undefined,
  );
}
