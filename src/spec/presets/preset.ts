import type { RestrictedRole, RouteOptions, SiteSpec } from '../types.gen.ts';

/** What a preset makes of a site: plain options, for one or several sites, and who must never be reached through them. */
export interface Expansion {
  /** By the suffix of the site's name: '' is the site itself. */
  readonly sites: Readonly<Record<string, Partial<SiteSpec>>>;
  /** `host:port` of the management role, wherever it is configured. */
  readonly management: string;
  /** `host:port` of the roles that only an allow-list may reach, where they have a port of their own. */
  readonly restricted: readonly string[];
  /** Why the preset can't be expanded; the path is one of the site's options. */
  readonly problems: readonly { readonly code: string; readonly message: string; readonly path: readonly string[] }[];
}

/** The address of a role on the backend; IPv6 gets its brackets. */
export function roleAddress(backend: string, port: number): string {
  return backend.includes(':') && !backend.startsWith('[') ? `[${backend}]:${port}` : `${backend}:${port}`;
}

/** The route of a role that only an allow-list may read; none when the spec doesn't ask for it. */
export function restrictedRoute(
  role: RestrictedRole | undefined,
  path: string,
  address: string,
): Record<string, RouteOptions> {
  return role ? { [role.path ?? path]: { upstream: `http://${address}`, allow: role.allow } } : {};
}
