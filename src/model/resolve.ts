/** Every decision is made here: from the spec and the target to sites in which nothing is left to decide. */
import { basename } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import { normalHost } from '../spec/address.ts';
import type { Path } from '../spec/document.ts';
import type { Places } from '../spec/load.ts';
import { suggester } from '../spec/suggest.ts';
import type { Spec } from '../spec/types.gen.ts';
import {
  type Claim,
  claimOf,
  type MachineSettings,
  machineSettings,
  neighboursIn,
  type SpecRecords,
  settingsIn,
} from './claims.ts';
import { type ExpandedSite, expand, type PlainSite, placeOf } from './expand.ts';
import { mergeHeaders, responseHeaders, siteRequestHeaders } from './headers.ts';
import { type NginxFeatures, nginxFeatures } from './nginx-features.ts';
import { responseBuffers } from './response-buffers.ts';
import { accessOf, basicAuthOf, bodySize, locationsOf, type Problem, rawText, routesOf } from './routes.ts';
import { sessionsOf } from './sessions.ts';
import { sharedOf } from './shared.ts';
import type { Header, Listen, Model, Site, Tls } from './site.ts';
import { certificateFiles, challengeRoot } from './store-paths.ts';
import type { Target } from './target.ts';
import { tlsProfile } from './tls-profiles.ts';
import { SiteUpstreams } from './upstreams.ts';

export interface ResolveOptions {
  readonly target: Target;
  readonly layout: 'debian' | 'conf.d';
  /** Raw nginx text may stand in the spec: it can run code. */
  readonly allowRaw: boolean;
  /** What other specs have on the same machine: the shared file is made for all of them. */
  readonly others?: SpecRecords | undefined;
  /** The nginx that is installed where they are, if one is known. */
  readonly installed?: Target | undefined;
}

export interface Resolved {
  readonly model: Model;
  /** What each of `model.sites` asks of what is shared, in their order. */
  readonly claims: readonly Claim[];
  /** What this spec says for the whole machine. */
  readonly settings: MachineSettings;
  /** The sites as plain options, in the order of `model.sites`. */
  readonly expanded: readonly ExpandedSite[];
  readonly features: NginxFeatures;
  /** Errors only; with any, the model lacks what could not be resolved. */
  readonly diagnostics: readonly Diagnostic[];
}

export function resolve(spec: Spec, places: Places, options: ResolveOptions): Resolved {
  const features = nginxFeatures(options.target);
  const { sites: expanded, diagnostics: found } = expand(spec, places);
  const diagnostics = [...found];
  const suggest = suggester(Object.keys(spec.upstreams ?? {}));
  const sites = expanded.map((site) => {
    const report = ({ code, message, path, what }: Problem): void => {
      const at = placeOf(places, site, path, what);
      diagnostics.push({ code, severity: 'error', message, site: site.name, ...(at && { at }) });
    };
    return resolveSite(site, spec, features, options, places.file(['sites', site.specName]), report, suggest);
  });
  balanceProblems(spec, places, diagnostics);
  const store = spec.acme?.store ?? expanded[0]?.options.acme.store;
  const defaultServer = spec.nginx?.defaultServer;
  const settings = { ...(defaultServer && { defaultServer }), ...(store !== undefined && { store }) };
  const claims = sites.map((site, index) => claimOf(site, { http3: expanded[index]?.options.http3 === true }));
  const others = options.others ?? {};
  const shared = sharedOf(
    [...claims, ...neighboursIn(others).map(({ claim }) => claim)],
    machineSettings([settings, ...settingsIn(others)]),
    options.installed ? nginxFeatures(options.installed) : features,
  );
  return { model: { layout: options.layout, sites, shared }, claims, settings, expanded, features, diagnostics };
}

function resolveSite(
  site: ExpandedSite,
  spec: Spec,
  features: NginxFeatures,
  options: ResolveOptions,
  specFile: string,
  report: (problem: Problem) => void,
  suggest: (name: string) => string | undefined,
): Site {
  const plain = site.options;
  const hosts = hostsOf(plain, report);
  const upstreams = new SiteUpstreams(site.name, spec.upstreams ?? {}, features, spec.nginx?.resolver ?? [], suggest);
  const http2 = plain.http2 && features.http2;
  const http3 = plain.http3 && features.http3;
  const { set, removed } = responseHeaders(plain.headers?.response);
  const ownHeaders = mergeHeaders(ownResponseHeaders(plain, http3), set);
  const headers = features.dropsUpgrade ? ownHeaders : [...ownHeaders, upgradeOfWebSockets];
  const hiddenHeaders = [
    ...(features.dropsUpgrade ? [] : [upgradeOfWebSockets.name]),
    'Proxy-Connection',
    ...ownHeaders.map(({ name }) => name).filter((name) => name !== 'Alt-Svc'),
    ...removed,
  ];
  const context = { upstreams, allowRaw: options.allowRaw, responseHeaders: headers, hiddenHeaders, report };
  const { locations, strictPaths } = locationsOf(plain, context);
  if (Object.keys(routesOf(plain)).length === 0)
    report({
      code: 'no-routes',
      message: `the site "${site.name}" passes nothing on; give it an upstream or routes`,
      path: [],
    });
  const canonical = plain.canonicalHost === undefined ? undefined : normalHost(plain.canonicalHost);
  if (canonical !== undefined && !hosts.includes(canonical)) {
    const message = `"${plain.canonicalHost}" is not one of the site's hosts; add it to "hosts"`;
    report({ code: 'host-not-listed', message, path: ['canonicalHost'] });
  }
  if (canonical?.startsWith('*.')) {
    const message = `"${plain.canonicalHost}" is a wildcard; a redirect needs one name to lead to`;
    report({ code: 'invalid-host', message, path: ['canonicalHost'] });
  }
  const others = canonical === undefined ? [] : hosts.filter((host) => host !== canonical);
  const { https } = plain.listen;
  const port = https === 443 ? '' : `:${https}`;
  return {
    name: site.name,
    specFile: basename(specFile),
    upstreams: upstreams.all,
    hosts,
    serverNames: canonical === undefined ? hosts : [canonical],
    alias:
      others.length > 0
        ? { hosts: others, target: `https://${canonical}${port}$request_uri`, responseHeaders: ownHeaders }
        : null,
    httpsRedirect: `https://${canonical ?? '$host'}${port}$request_uri`,
    httpsOrigin: `https://$host${port}/`,
    listen: listenOf(plain, { http2, http3 }, features),
    http2,
    http3,
    http2Directive: http2 && features.http2Directive,
    challengeRoot: isIssued(plain) ? challengeRoot : null,
    tls: tlsOf(site, features),
    trustedProxies: plain.trustedProxies
      ? { networks: plain.trustedProxies.from, header: addressHeader(plain.trustedProxies.header) }
      : null,
    access: accessOf(plain),
    basicAuth: plain.basicAuth ? basicAuthOf(plain.basicAuth) : null,
    ...siteRequestHeaders(plain),
    responseHeaders: headers,
    hiddenHeaders,
    bodyLimit: bodySize(plain.bodyLimit),
    responseBuffers: responseBuffers(plain.responseHeaderLimit),
    http2FieldSize: http2 && !features.http2HeaderBuffers,
    timeouts: plain.timeouts,
    keepaliveMinTimeout: features.keepaliveMinTimeout,
    // Another server may be the default of the socket one day, and ask for another CA's certificate or for none.
    checkServerName:
      plain.tls.clientAuth !== undefined || (!features.rejectHandshake && spec.nginx?.defaultServer !== 'off'),
    strictPaths,
    pairedLocations: locations.some(({ modifier, route }) => modifier === '=' && !route.startsWith('=')),
    locations,
    raw: rawText(plain.raw, ['raw'], { allowRaw: options.allowRaw, report }),
  };
}

/** A CA issues it for keepgate: as the spec says, or because it is one of the store that is named by its path. */
function isIssued({ tls: { certificate }, acme: { store } }: PlainSite): boolean {
  if (typeof certificate === 'string') return certificate === 'acme';
  return certificate.cert.startsWith(`${store}/live/`);
}

/** nginx reads all lines of the first two, but only when they are spelled so; of any other header it reads one alone. */
function addressHeader(name = 'X-Forwarded-For'): string {
  return ['X-Forwarded-For', 'X-Real-IP'].find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
}

function hostsOf(site: PlainSite, report: (problem: Problem) => void): string[] {
  const hosts = new Set<string>();
  for (const [index, host] of site.hosts.entries()) {
    const normal = normalHost(host);
    if (hosts.has(normal))
      report({
        code: 'duplicate-host',
        message: `"${host}" stands twice in this list; keep one`,
        path: ['hosts', index],
      });
    hosts.add(normal);
  }
  return [...hosts];
}

function listenOf(
  { listen }: PlainSite,
  { http2, http3 }: Pick<Site, 'http2' | 'http3'>,
  features: NginxFeatures,
): Listen {
  const socket = (address: string, port: number): string => (address === '*' ? String(port) : `${address}:${port}`);
  const https = listen.addresses.map((address) => socket(address, listen.https));
  return {
    http: listen.addresses.map((address) => socket(address, listen.http)),
    https: https.map((address) => ({ address, http2: http2 && !features.http2Directive })),
    quic: http3 ? https : [],
  };
}

function tlsOf(site: ExpandedSite, features: NginxFeatures): Tls {
  const { tls, acme } = site.options;
  const managed = typeof tls.certificate === 'string';
  const files =
    typeof tls.certificate === 'string'
      ? certificateFiles(acme.store, site.name)
      : { certificate: tls.certificate.cert, key: tls.certificate.key };
  const { clientAuth } = tls;
  return {
    ...tlsProfile(tls.profile, features),
    ...files,
    managed,
    sessions: sessionsOf(features, clientAuth !== undefined),
    clientAuth: clientAuth ? { ca: clientAuth.ca, verify: clientAuth.verify === 'optional' ? 'optional' : 'on' } : null,
  };
}

/**
 * The backend's own one is hidden, as Proxy-Connection is: they belong to its connection, and HTTP/2 and HTTP/3 clients take a
 * response that has them for broken.
 */
const upgradeOfWebSockets: Header = { name: 'Upgrade', value: '$keepgate_upgraded' };

function ownResponseHeaders(site: PlainSite, http3: boolean): Header[] {
  const headers: Header[] = [];
  const { hsts } = site.tls;
  if (hsts) {
    const { maxAge = 63_072_000, includeSubDomains = false, preload = false } = hsts;
    const value = `max-age=${maxAge}${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`;
    headers.push({ name: 'Strict-Transport-Security', value });
  }
  if (http3) headers.push({ name: 'Alt-Svc', value: `h3=":${site.listen.https}"; ma=86400` });
  return headers;
}

function balanceProblems(spec: Spec, places: Places, diagnostics: Diagnostic[]): void {
  for (const [name, { balance, servers }] of Object.entries(spec.upstreams ?? {})) {
    const backup = servers.findIndex((server) => typeof server !== 'string' && server.backup);
    const only = servers.every((server) => typeof server !== 'string' && server.backup);
    if (backup === -1 || !(balance === 'ip_hash' || only)) continue;
    const message = only
      ? `all servers of the upstream "${name}" are backups; one has to serve`
      : 'ip_hash knows no backup server; take least_conn, or no backup';
    const path: Path = ['upstreams', name, 'servers', backup];
    const at = places.locate(path);
    diagnostics.push({ code: 'backup-server', severity: 'error', message, ...(at && { at }) });
  }
}
