/** From the routes of a site to the location blocks of its server. */
import { createHash } from 'node:crypto';
import type { Path } from '../spec/document.ts';
import type { RouteOptions, SiteSpec } from '../spec/types.gen.ts';
import { clearedText } from './cleared-headers.ts';
import type { PlainSite } from './expand.ts';
import { addressesOf, guardOf } from './guard.ts';
import { mergeHeaders, passedOn, type Route, requestHeaders, responseHeaders } from './headers.ts';
import { responseBuffers } from './response-buffers.ts';
import {
  type Access,
  type BasicAuth,
  type Header,
  type Location,
  type ProxyPass,
  RawText,
  type StrictPaths,
} from './site.ts';
import {
  type GuardedRoute,
  type Match,
  needStrictPaths,
  type Placing,
  plainPlacing,
  StrictRoutes,
} from './strict-routes.ts';
import type { SiteUpstreams } from './upstreams.ts';

export type Problem = {
  readonly code: string;
  readonly message: string;
  readonly path: Path;
  readonly what?: 'key' | 'value';
};

export interface RouteContext {
  readonly upstreams: SiteUpstreams;
  readonly allowRaw: boolean;
  readonly responseHeaders: readonly Header[];
  readonly hiddenHeaders: readonly string[];
  readonly report: (problem: Problem) => void;
}

/** How a route key is matched: its sign and path. `/api/` means the same as `/api`. */
export function parseRoute(key: string): { sign: '' | '=' | '~' | '~*'; path: string } {
  const match = /^(=|~\*?) (.*)$/s.exec(key);
  if (match) return { sign: match[1] as '=' | '~' | '~*', path: match[2] ?? '' };
  return { sign: '', path: key.length > 1 ? key.replace(/\/$/, '') : key };
}

/** A site's routes, its `upstream` among them as the route `/`. */
export function routesOf(site: Pick<SiteSpec, 'routes' | 'upstream'>): Record<string, RouteOptions> {
  const root: Record<string, RouteOptions> = site.upstream === undefined ? {} : { '/': site.upstream };
  return { ...root, ...site.routes };
}

/**
 * All location blocks of a site, in an order that depends on nothing but the routes: exact and prefix, then regular
 * expressions as written, those that guard first.
 */
export function locationsOf(
  site: PlainSite,
  context: RouteContext,
): { readonly locations: Location[]; readonly strictPaths: StrictPaths | null } {
  const routes = resolvedRoutes(site, context);
  const matrix = site.paths?.semicolons === 'allow';
  const strict = needStrictPaths(routes) ? new StrictRoutes(routes, matrix) : undefined;
  const exactPaths = new Set(routes.filter(({ sign }) => sign === '=').map(({ path }) => path));
  const placed: PlacedLocation[] = [];
  for (const route of routes) {
    const exactToo = !exactPaths.has(route.path);
    const placing = strict?.place(route, exactToo) ?? plainPlacing(route, exactToo);
    if ('message' in placing) context.report({ ...placing, path: ['routes', route.key], what: 'key' });
    else placed.push(...placing.matches.map((match) => ({ ...placing, route, location: { ...route.body, ...match } })));
  }
  const siteAsks = asks(accessOf(site), site.basicAuth);
  const locations = inOrder(placed).map((location) =>
    location.proxy === null && (siteAsks || asks(location.access, location.basicAuth))
      ? { ...location, answer: answerName(location) }
      : location,
  );
  return { locations, strictPaths: strict || site.paths?.strict ? { refusesSemicolons: !matrix } : null };
}

interface ResolvedRoute extends GuardedRoute {
  readonly body: Omit<Location, keyof Match>;
}

interface PlacedLocation extends Pick<Placing, 'among'> {
  readonly route: ResolvedRoute;
  readonly location: Location;
}

/** What each route does and asks, without those that can't be. */
function resolvedRoutes(site: PlainSite, context: RouteContext): ResolvedRoute[] {
  const routes: ResolvedRoute[] = [];
  const seen = new Map<string, string>();
  for (const [key, value] of Object.entries(routesOf(site))) {
    const { sign, path } = parseRoute(key);
    const id = `${sign} ${path}`;
    const other = seen.get(id);
    if (other !== undefined) {
      const message = `the route "${key}" is the same as "${other}"; keep one of them`;
      context.report({ code: 'duplicate-route', message, path: ['routes', key], what: 'key' });
      continue;
    }
    seen.set(id, key);
    const route = typeof value === 'string' ? { upstream: value } : value;
    const body = locationBody(site, key, route, context);
    if (!body) continue;
    const ports = body.proxy ? context.upstreams.ports(body.proxy.pass) : new Set<string>();
    routes.push({ key, sign, path, guard: guardOf(site, route, path), ports, body });
  }
  return routes;
}

/** Exact and prefix locations by their paths, the guards from the longest path on, and regular expressions as written. */
function inOrder(placed: readonly PlacedLocation[]): Location[] {
  const group = (wanted: Placing['among']) => placed.filter(({ among }) => among === wanted);
  const byPath = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const paths = group('paths').sort(
    ({ location: a }, { location: b }) => byPath(a.path, b.path) || (a.modifier ? -1 : 1),
  );
  const guards = group('guards').sort(({ route: a }, { route: b }) => {
    const regexLast = Number(a.sign.startsWith('~')) - Number(b.sign.startsWith('~'));
    if (regexLast !== 0 || a.sign.startsWith('~')) return regexLast;
    return b.path.length - a.path.length || byPath(a.path, b.path) || (a.sign === '=' ? -1 : 1);
  });
  return [...paths, ...guards, ...group('regexes')].map(({ location }) => location);
}

/** The same whatever other routes there are; of one that nginx would read something into, a digest. */
function answerName({ modifier, path }: Pick<Location, 'modifier' | 'path'>): string {
  const route = `${modifier ?? ''}${path}`;
  const isPlain = /^=?[A-Za-z0-9._/-]{1,200}$/.test(route);
  return `@keepgate_answer_${isPlain ? route : createHash('sha256').update(route).digest('hex').slice(0, 16)}`;
}

function asks({ allow, deny }: Access, basicAuth: object | null | undefined): boolean {
  return allow.length > 0 || deny.length > 0 || basicAuth != null;
}

function locationBody(
  site: PlainSite,
  key: string,
  route: Route,
  context: RouteContext,
): ResolvedRoute['body'] | undefined {
  const at: Path = ['routes', key];
  const actions = (['upstream', 'redirect', 'respond'] as const).filter((action) => route[action] !== undefined);
  if (actions.length > 1) {
    const message = `the route "${key}" has ${actions.join(' and ')}; a route does one thing`;
    context.report({ code: 'route-action', message, path: [...at, actions[1] ?? ''], what: 'key' });
    return undefined;
  }
  const reference = actions.length === 0 ? site.upstream : route.upstream;
  if (actions.length === 0 && reference === undefined) {
    const message = `the route "${key}" does nothing; give it an upstream, a redirect or a respond`;
    context.report({ code: 'route-action', message, path: at, what: 'key' });
    return undefined;
  }
  let proxy: ProxyPass | null = null;
  if (reference !== undefined) {
    const used = context.upstreams.use(reference);
    if (typeof used === 'string') {
      context.report({ code: 'unknown-upstream', message: used, path: referencePath(site, key) });
      return undefined;
    }
    proxy = { ...used, streaming: route.streaming ?? false };
  }
  const { redirect, respond } = route;
  if (respond?.status !== undefined && respond.status >= 300 && respond.status < 400) {
    const message = `${respond.status} is a redirect; write redirect: {to: …, status: ${respond.status}}`;
    context.report({ code: 'route-action', message, path: [...at, 'respond', 'status'] });
  }
  const response = responseHeaders(route.headers?.response);
  const ownResponse = response.set.length > 0 || response.removed.length > 0;
  const removed = new Set(response.removed.map((name) => name.toLowerCase()));
  // An empty value adds nothing, and still keeps the site's from being inherited.
  const cleared = context.responseHeaders
    .filter(({ name }) => removed.has(name.toLowerCase()))
    .map(({ name }) => ({ name, value: '' }));
  const request = requestHeaders(site, route);
  const basicAuth = route.basicAuth ? basicAuthOf(route.basicAuth) : null;
  const streamingTimeouts = route.streaming ? { ...site.timeouts, read: '1h' } : null;
  return {
    route: key,
    access: routeAccess(site, route),
    basicAuth,
    requestHeaders: proxy ? request : [],
    clearedHeaders: proxy && request.length > 0 ? clearedText(request, passedOn(site, route), 2) : null,
    responseHeaders: ownResponse ? mergeHeaders(context.responseHeaders, [...response.set, ...cleared]) : [],
    hiddenHeaders: ownResponse
      ? [...new Set([...context.hiddenHeaders, ...response.set.map(({ name }) => name), ...response.removed])]
      : [],
    bodyLimit: route.bodyLimit === undefined ? null : bodySize(route.bodyLimit),
    responseBuffers: route.responseHeaderLimit === undefined ? null : responseBuffers(route.responseHeaderLimit),
    timeouts: route.timeouts ? { ...(streamingTimeouts ?? site.timeouts), ...route.timeouts } : streamingTimeouts,
    proxy,
    redirect: redirect ? { status: redirect.status ?? 308, to: redirect.to } : null,
    respond: respond
      ? {
          status: respond.status ?? 200,
          body: respond.body === undefined ? [] : [respond.body],
          type: respond.type ?? 'text/plain',
        }
      : null,
    answer: null,
    raw: rawText(route.raw, [...at, 'raw'], context),
  };
}

/** Where the backend of a route is named: as the route, in the route, or once for the site. */
function referencePath({ routes }: PlainSite, key: string): Path {
  const route = routes?.[key];
  if (typeof route === 'string') return ['routes', key];
  return route?.upstream === undefined ? ['upstream'] : ['routes', key, 'upstream'];
}

export function rawText(
  text: string | undefined,
  path: Path,
  context: Pick<RouteContext, 'allowRaw' | 'report'>,
): RawText | null {
  if (text === undefined) return null;
  if (context.allowRaw) return new RawText(text);
  const message = 'raw nginx text can run code; read it, then say --allow-raw';
  context.report({ code: 'raw-not-allowed', message, path, what: 'key' });
  return null;
}

/** In nginx one word of a location drops the whole inherited list, so a route that has any gets all of it. */
function routeAccess(site: PlainSite, route: Route): Access {
  return route.allow || route.deny ? addressesOf(site, route) : accessOf({});
}

export function accessOf(options: { allow?: string[]; deny?: string[] }): Access {
  return { deny: options.deny ?? [], allow: options.allow ?? [] };
}

/** nginx writes the realm between quotes as it is: it has to be the inside of a quoted-string (RFC 9110, section 5.6.4). */
export function basicAuthOf({ realm = 'Restricted', userFile }: { userFile: string; realm?: string }): BasicAuth {
  return { realm: realm.replace(/[\\"]/g, '\\$&'), userFile };
}

/** `client_max_body_size` takes 0 for no limit. */
export function bodySize(limit: string): string {
  return limit === 'unlimited' ? '0' : limit;
}
