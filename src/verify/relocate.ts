import type { ExpandedSite } from '../model/expand.ts';
import type { Model } from '../model/site.ts';
import type { Spec } from '../spec/types.gen.ts';

/** Where files are in a relocated model, relative to nginx's prefix, so that they need no quoting anywhere. */
export const challenges = 'challenges';
export const backendCertificate = 'certificates/backends.pem';
export const refusing = '_refuse';
export function certificateFiles(site: string): { certificate: string; key: string } {
  return { certificate: `certificates/${site}.pem`, key: `certificates/${site}.key` };
}

/** All ports that the sites listen on. */
export function portsOf(sites: readonly ExpandedSite[]): readonly number[] {
  return [...new Set(sites.flatMap(({ options: { listen } }) => [listen.http, listen.https]))];
}

/** The same spec with every site on 127.0.0.1 and other ports; redirects and Alt-Svc follow from these. */
export function onLoopback(spec: Spec, sites: readonly ExpandedSite[], portOf: (port: number) => number): Spec {
  const listens = new Map(sites.map(({ specName, options }) => [specName, options.listen]));
  const moved = Object.entries(spec.sites ?? {}).map(([name, site]) => {
    const { http = 80, https = 443 } = listens.get(name) ?? {};
    return [name, { ...site, listen: { addresses: ['127.0.0.1'], http: portOf(http), https: portOf(https) } }];
  });
  return { ...spec, sites: Object.fromEntries(moved) };
}

/** The addresses of all backends, as they are rendered, and whether they speak TLS. */
export function backendsOf(model: Model): ReadonlyMap<string, { readonly tls: boolean }> {
  const backends = new Map<string, { tls: boolean }>();
  for (const site of model.sites) {
    const passes = new Set(site.locations.map(({ proxy }) => proxy?.pass));
    for (const { name, servers } of site.upstreams) {
      for (const { address } of servers) backends.set(address, { tls: passes.has(`https://${name}`) });
    }
  }
  return backends;
}

/** The same model with its own files in nginx's prefix and every backend on 127.0.0.1; a user's CAs stay where they are. */
export function inPrefix(model: Model, portOf: (backend: string) => number): Model {
  const sites = model.sites.map((site) => ({
    ...site,
    challengeRoot: site.challengeRoot && challenges,
    tls: { ...site.tls, ...certificateFiles(site.name) },
    upstreams: site.upstreams.map((upstream) => ({
      ...upstream,
      servers: upstream.servers.map((server) => ({ ...server, address: `127.0.0.1:${portOf(server.address)}` })),
    })),
    locations: site.locations.map((location) => {
      const { proxy } = location;
      if (proxy?.tls == null) return location;
      return { ...location, proxy: { ...proxy, tls: { ...proxy.tls, ca: backendCertificate } } };
    }),
  }));
  const refuseHttps = model.shared.refuseHttps.map((server) => ({
    ...server,
    certificate: server.certificate && certificateFiles(refusing),
  }));
  return { ...model, sites, shared: { ...model.shared, refuseHttps } };
}
