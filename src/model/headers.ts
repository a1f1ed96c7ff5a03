/** The headers that a backend is told, those that are cleared, and those that a client gets. */
import type { RouteOptions, SiteSpec } from '../spec/types.gen.ts';
import { clearedText } from './cleared-headers.ts';
import type { PlainSite } from './expand.ts';
import type { Header, Site } from './site.ts';

/** A route as options. */
export type Route = Exclude<RouteOptions, string>;

/** What every request to a backend carries. The client's own word on who it is counts for nothing. */
const standardHeaders: readonly Header[] = [
  { name: 'Host', value: '$host' },
  { name: 'X-Real-IP', value: '$remote_addr' },
  { name: 'X-Forwarded-For', value: '$remote_addr' },
  { name: 'X-Forwarded-Host', value: '$host' },
  { name: 'X-Forwarded-Port', value: '$server_port' },
  { name: 'X-Forwarded-Proto', value: '$scheme' },
  { name: 'Forwarded', value: '' },
];

function upgradeHeaders(websocket: boolean): readonly Header[] {
  return websocket
    ? [
        { name: 'Upgrade', value: '$keepgate_upgrade' },
        { name: 'Connection', value: '$keepgate_connection' },
      ]
    : [
        { name: 'Upgrade', value: '' },
        { name: 'Connection', value: '' },
      ];
}

/**
 * Who showed a certificate (ngx_http_ssl_module, embedded variables): SUCCESS, or NONE where it is optional, and the
 * subject as in RFC 2253.
 */
const clientCertificate: readonly Header[] = [
  { name: 'X-SSL-Client-Verify', value: '$ssl_client_verify' },
  { name: 'X-SSL-Client-S-DN', value: '$ssl_client_s_dn' },
];

/** The headers in which a backend is told of the client's certificate. */
export const certificateHeaders: readonly string[] = clientCertificate.map(({ name }) => name);

/** The request headers of the server block: what its locations inherit. */
export function siteRequestHeaders(site: PlainSite): Pick<Site, 'requestHeaders' | 'clearedHeaders'> {
  const requestHeaders = backendHeaders(site, site.websocket, clearsPassword(site.basicAuth), []);
  return { requestHeaders, clearedHeaders: clearedText(requestHeaders, passedOn(site, {}), 1) };
}

/** What a client may say of itself, by the spec. */
export function passedOn(site: PlainSite, route: Route): string[] {
  return [...(site.headers?.pass ?? []), ...(route.headers?.pass ?? [])];
}

/** The whole set when a route differs from its site (one header in a location drops all inherited ones), else nothing. */
export function requestHeaders(site: PlainSite, route: Route): Header[] {
  const changes = changed(route.headers?.request);
  const websocket = route.websocket ?? site.websocket;
  const clears = clearsPassword(route.basicAuth ?? site.basicAuth);
  const differs = changes.length > 0 || (route.headers?.pass ?? []).length > 0;
  if (!differs && websocket === site.websocket && clears === clearsPassword(site.basicAuth)) return [];
  return backendHeaders(site, websocket, clears, changes);
}

/** A password that nginx has asked for is none of the backend's business, unless the spec says so. */
function clearsPassword(basicAuth: SiteSpec['basicAuth']): boolean {
  return basicAuth !== undefined && !basicAuth.forward;
}

function backendHeaders(site: PlainSite, websocket: boolean, clears: boolean, changes: readonly Header[]): Header[] {
  const cleared = clears ? [{ name: 'Authorization', value: '' }] : [];
  return mergeHeaders(
    [...standardHeaders, ...(site.tls.clientAuth ? clientCertificate : []), ...upgradeHeaders(websocket), ...cleared],
    [...changed(site.headers?.request), ...changes],
  );
}

function changed(changes: Readonly<Record<string, string | null>> = {}): Header[] {
  return Object.entries(changes).map(([name, value]) => ({ name, value: value ?? '' }));
}

export function responseHeaders(changes: Readonly<Record<string, string | null>> = {}): {
  set: Header[];
  removed: string[];
} {
  const entries = Object.entries(changes);
  return {
    set: entries.flatMap(([name, value]) => (value === null ? [] : [{ name, value }])),
    removed: entries.flatMap(([name, value]) => (value === null ? [name] : [])),
  };
}

/** Later headers replace earlier ones of the same name, in whatever case. */
export function mergeHeaders(first: readonly Header[], then: readonly Header[]): Header[] {
  const merged = new Map(first.map((header) => [header.name.toLowerCase(), header]));
  for (const header of then) merged.set(header.name.toLowerCase(), header);
  return [...merged.values()];
}
