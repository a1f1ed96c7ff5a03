/** Who may pass: what a route asks of a client before its backend is asked, and how two such demands compare. */
import type { RouteOptions, SiteSpec } from '../spec/types.gen.ts';

/** A new option that keeps clients out of a route is a field here, and a line of `guardOf` and `implies`. */
export interface Guard {
  readonly deny: ReadonlySet<string>;
  /** Empty: everyone who is not denied. */
  readonly allow: ReadonlySet<string>;
  /** The file of the passwords; null where none is asked for. */
  readonly userFile: string | null;
  /** Nobody passes: the route answers with an error, and what the backend has there stays hidden. */
  readonly closed: boolean;
}

type Route = Exclude<RouteOptions, string>;

/**
 * What a route asks of a client, its site's demands included. An error that "/" answers is for what no route names, and keeps
 * nobody out of a path.
 */
export function guardOf(site: Pick<SiteSpec, 'allow' | 'deny' | 'basicAuth'>, route: Route, path: string): Guard {
  const { deny, allow } = addressesOf(site, route);
  return {
    deny: new Set(deny),
    allow: new Set(allow),
    userFile: (route.basicAuth ?? site.basicAuth)?.userFile ?? null,
    closed: path !== '/' && (route.respond?.status ?? 200) >= 400,
  };
}

/** The addresses that a route denies and allows: an `allow` of its own stands in place of the site's, a denial stays. */
export function addressesOf(
  site: Pick<SiteSpec, 'allow' | 'deny'>,
  route: Route,
): { readonly deny: readonly string[]; readonly allow: readonly string[] } {
  return { deny: [...(site.deny ?? []), ...(route.deny ?? [])], allow: route.allow ?? site.allow ?? [] };
}

export function isOpen({ deny, allow, userFile, closed }: Guard): boolean {
  return deny.size === 0 && allow.size === 0 && userFile === null && !closed;
}

/** Whether everyone who passes one guard passes another one too. False where the lists alone don't tell. */
export function implies(one: Guard, other: Guard): boolean {
  if (one.closed || other.closed) return one.closed;
  return (
    (other.userFile === null || other.userFile === one.userFile) &&
    [...other.deny].every((network) => one.deny.has(network)) &&
    (other.allow.size === 0 || (one.allow.size > 0 && [...one.allow].every((network) => other.allow.has(network))))
  );
}
