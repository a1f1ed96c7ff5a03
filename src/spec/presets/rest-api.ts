import type { RestApiPreset, RouteOptions } from '../types.gen.ts';
import { type Expansion, restrictedRoute, roleAddress } from './preset.ts';

/** Any API on this machine: data for everyone, health and metrics for an allow-list, management for nobody. */
export function restApi(preset: RestApiPreset): Expansion {
  const { backend = '127.0.0.1', ports } = preset;
  const routes: Record<string, RouteOptions> = {
    '/': `http://${roleAddress(backend, ports.data)}`,
    ...restrictedRoute(preset.health, '/health', roleAddress(backend, ports.health ?? ports.data)),
    ...restrictedRoute(preset.metrics, '/metrics', roleAddress(backend, ports.metrics ?? ports.data)),
  };
  return {
    sites: { '': { routes, headers: { response: { 'X-Content-Type-Options': 'nosniff' } } } },
    restricted: [ports.health, ports.metrics].flatMap((port) =>
      port === undefined || port === ports.data ? [] : [roleAddress(backend, port)],
    ),
    management: ports.management === undefined ? '' : roleAddress(backend, ports.management),
    problems: [],
  };
}
