/** The servers that a site's requests are passed on to, each with the place that names it. */
import type { ExpandedSite } from '../model/expand.ts';
import { routesOf } from '../model/routes.ts';
import { type Backend, parseAddress, parseBackendUrl } from '../spec/address.ts';
import type { Path } from '../spec/document.ts';
import type { RouteOptions, Spec, UpstreamOptions } from '../spec/types.gen.ts';
import { referencePlace } from './places.ts';
import type { Place } from './rule.ts';

export interface SiteBackend extends Backend {
  /** The key of the route. */
  readonly route: string;
  /** The options of the route; none when it is a name or a URL alone. */
  readonly options: Exclude<RouteOptions, string>;
  /** The TLS options of its upstream; undefined for a URL. */
  readonly tls: UpstreamOptions['tls'];
  /** What the certificate of an https backend is verified against; of several servers it is the first one's name. */
  readonly certificateName: string;
  readonly at: Place;
}

export interface UpstreamUse {
  readonly route: string;
  readonly options: Exclude<RouteOptions, string>;
  /** An upstream's name or a URL. */
  readonly reference: string;
  readonly path: Path;
}

/** What the routes of a site name as their upstreams. */
export function* upstreamUses({ options: site }: ExpandedSite): Iterable<UpstreamUse> {
  const own = site.routes ?? {};
  for (const [route, value] of Object.entries(routesOf(site))) {
    const options = typeof value === 'string' ? {} : value;
    if (typeof value === 'string') {
      yield { route, options, reference: value, path: Object.hasOwn(own, route) ? ['routes', route] : ['upstream'] };
    } else if (options.upstream !== undefined) {
      yield { route, options, reference: options.upstream, path: ['routes', route, 'upstream'] };
    } else if (!options.redirect && !options.respond && site.upstream !== undefined) {
      yield { route, options, reference: site.upstream, path: ['upstream'] };
    }
  }
}

/** Every server of every route. A reference that the model has refused already has none. */
export function* backendsOf(site: ExpandedSite, spec: Spec): Iterable<SiteBackend> {
  const preset = spec.sites?.[site.specName]?.preset;
  for (const { route, options, reference, path } of upstreamUses(site)) {
    if (reference.includes('/')) {
      const backend = parseBackendUrl(reference);
      if (typeof backend === 'string') continue;
      const at = referencePlace(site, path, reference, preset);
      yield { ...backend, route, options, tls: undefined, certificateName: backend.host, at };
      continue;
    }
    const named = spec.upstreams && Object.hasOwn(spec.upstreams, reference) ? spec.upstreams[reference] : undefined;
    let certificateName = named?.tls?.name;
    for (const [index, server] of (named?.servers ?? []).entries()) {
      const address = parseAddress(typeof server === 'string' ? server : server.address);
      if (typeof address === 'string') continue;
      certificateName ??= address.host;
      const scheme = named?.tls ? 'https' : 'http';
      const below = typeof server === 'string' ? [] : ['address'];
      const at: Place = { about: site, path: ['upstreams', reference, 'servers', index, ...below] };
      yield { ...address, scheme, route, options, tls: named?.tls, certificateName, at };
    }
  }
}

/** `host:port` as a person writes it. */
export function shown({ host, port }: Pick<Backend, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
