/** The files that a configuration names besides its own, each with where the spec says so. */
import type { Location } from '../diagnostic.ts';
import { type ExpandedSite, placeOf } from '../model/expand.ts';
import type { Resolved } from '../model/resolve.ts';
import { systemCa } from '../model/upstreams.ts';
import type { Path } from '../spec/document.ts';
import type { Places } from '../spec/load.ts';

export interface NamedFile {
  readonly path: string;
  readonly site: string;
  readonly at: Location | undefined;
}

export function namedFiles({ model, expanded }: Resolved, places: Places): NamedFile[] {
  return model.sites.flatMap((site, index) => {
    const source = expanded[index];
    if (!source) return [];
    const named = (path: string, option: Path): NamedFile => ({
      path,
      site: site.name,
      at: placeOf(places, source, option, 'key'),
    });
    const { certificate, key, clientAuth } = site.tls;
    return [
      ...[certificate, key].map((path) => named(path, ['tls', 'certificate'])),
      ...(clientAuth ? [named(clientAuth.ca, ['tls', 'clientAuth', 'ca'])] : []),
      ...passwordFiles(source).map(({ path, file }) => named(file, path)),
      ...site.locations.flatMap(({ proxy }) =>
        proxy?.tls?.verify && proxy.tls.ca !== systemCa ? [named(proxy.tls.ca, ['routes'])] : [],
      ),
    ];
  });
}

export function passwordFiles({ options }: ExpandedSite): { path: Path; file: string }[] {
  const own = options.basicAuth ? [{ path: ['basicAuth', 'userFile'], file: options.basicAuth.userFile }] : [];
  const routes = Object.entries(options.routes ?? {}).flatMap(([key, route]) =>
    typeof route !== 'string' && route.basicAuth
      ? [{ path: ['routes', key, 'basicAuth', 'userFile'], file: route.basicAuth.userFile }]
      : [],
  );
  return [...own, ...routes];
}
