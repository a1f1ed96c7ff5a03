import { normalHost } from '../address.ts';
import type { DominoRestApiPreset, RouteOptions, SiteSpec } from '../types.gen.ts';
import { type Expansion, restrictedRoute, roleAddress } from './preset.ts';

/** The paths of the REST API's data port; all else on a single domain is Domino's own HTTP. */
const apiPaths = ['/api', '/admin/ui', '/keep', '/keepweb', '/oauth', '/openapi', '/webjars'];

/** The ports of a plain installation. */
export const defaultPorts = { data: 8880, health: 8886, management: 8889, metrics: 8890 };

/**
 * The backend gives a request two minutes (the verticles' threadTimeout); a proxy that waits less answers 504 first.
 * The body limit suits attachments; it must not be smaller than the backend's own bodyHandler.bodyLimit.
 */
const limits: Partial<SiteSpec> = { bodyLimit: '128m', timeouts: { read: '150s', send: '150s' } };

/** HCL Domino REST API behind nginx, with or without Domino's own HTTP beside it. */
export function dominoRestApi(preset: DominoRestApiPreset, site: SiteSpec): Expansion {
  const { backend = '127.0.0.1', layout = 'single-domain', web } = preset;
  const ports = { ...defaultPorts, ...preset.ports };
  const data = `http://${roleAddress(backend, ports.data)}`;
  const restricted = {
    ...restrictedRoute(preset.health, '/health', roleAddress(backend, ports.health)),
    ...restrictedRoute(preset.metrics, '/metrics', roleAddress(backend, ports.metrics)),
  };
  const management = roleAddress(backend, ports.management);
  const monitored = [ports.health, ports.metrics]
    .filter((port) => port !== ports.data)
    .map((port) => roleAddress(backend, port));
  if (layout === 'subdomains')
    return { ...subdomains(preset, site, data, restricted), management, restricted: monitored };
  const routes: Record<string, RouteOptions> = web
    ? {
        '/': web,
        ...Object.fromEntries(apiPaths.map((path) => [path, data])),
        '= /.well-known/openid-configuration': data,
        ...restricted,
      }
    : { '/': data, ...restricted };
  return { sites: { '': { ...limits, routes } }, management, restricted: monitored, problems: [] };
}

function subdomains(
  preset: DominoRestApiPreset,
  site: SiteSpec,
  data: string,
  restricted: Record<string, RouteOptions>,
): Omit<Expansion, 'management' | 'restricted'> {
  const problems: { code: string; message: string; path: string[] }[] = [];
  const needed = (key: 'apiHost' | 'webHost' | 'web', what: string): string => {
    const value = preset[key];
    if (value === undefined)
      problems.push({
        code: 'missing-key',
        message: `layout subdomains needs "${key}": ${what}`,
        path: ['preset', 'layout'],
      });
    return value ?? '';
  };
  const apiHost = needed('apiHost', 'the host of the API');
  const webHost = needed('webHost', "the host of Domino's own HTTP");
  const web = needed('web', "the URL of Domino's own HTTP, such as http://127.0.0.1:81");
  const hosts = site.hosts.map(normalHost);
  for (const [key, host] of Object.entries({ apiHost, webHost }))
    if (host !== '' && !hosts.includes(normalHost(host)))
      problems.push({
        code: 'host-not-listed',
        message: `"${host}" is not one of the site's hosts; add it to "hosts"`,
        path: ['preset', key],
      });
  if (problems.length > 0) return { sites: {}, problems };
  const apiName = normalHost(apiHost);
  return {
    sites: {
      '-api': { ...limits, hosts: [apiName], routes: { '/': data, ...restricted } },
      '-web': {
        ...limits,
        hosts: hosts.filter((host) => host !== apiName),
        routes: { '/': web },
      },
    },
    problems,
  };
}
