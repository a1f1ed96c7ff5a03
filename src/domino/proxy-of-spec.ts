/** What a spec says about the proxy in front of a Domino REST API. Pure. */
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { type ExpandedSite, expand } from '../model/expand.ts';
import { normalHost } from '../spec/address.ts';
import type { Places } from '../spec/load.ts';
import { defaultPorts } from '../spec/presets/domino-rest-api.ts';
import type { DominoRestApiPreset, RouteOptions, Spec } from '../spec/types.gen.ts';
import type { FrontProxy } from './proxy-settings.ts';

/**
 * The one site with the preset `domino-rest-api`, or the one that is named.
 * @throws KeepgateError domino-no-site (1), or the first finding of an expansion that failed (1)
 */
export function proxyOfSpec(spec: Spec, places: Places, name: string | undefined): FrontProxy {
  const sites = Object.entries(spec.sites ?? {}).flatMap(([site, { preset }]) =>
    preset?.name === 'domino-rest-api' && (name === undefined || site === name) ? [{ site, preset }] : [],
  );
  const [only] = sites;
  if (only === undefined || sites.length > 1)
    throw noSite(
      sites.map(({ site }) => site),
      name,
    );
  const expansion = expand(spec, places);
  const [wrong] = expansion.diagnostics;
  if (wrong) throw new KeepgateError(1, wrong);
  const suffix = only.preset.layout === 'subdomains' ? '-api' : '';
  const site = expansion.sites.find((each) => each.name === `${only.site}${suffix}`);
  if (site === undefined) throw new TypeError(`the preset made no site for ${only.site}`);
  return proxyOf(only.preset, site, spec.upstreams);
}

function proxyOf(preset: DominoRestApiPreset, { options }: ExpandedSite, upstreams: Spec['upstreams']): FrontProxy {
  return {
    hosts: options.hosts.map(normalHost),
    httpsPort: options.listen.https,
    backend: (preset.backend ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1'),
    tls: speaksTls(options.routes?.['/api'] ?? options.routes?.['/'], upstreams),
    ports: { ...defaultPorts, ...preset.ports },
    bodyLimit: bytesOf(options.bodyLimit),
    readTimeout: secondsOf(options.timeouts.read),
  };
}

function speaksTls(route: string | RouteOptions | undefined, upstreams: Spec['upstreams'] = {}): boolean {
  const upstream = (typeof route === 'string' ? route : route?.upstream) ?? '';
  return upstream.startsWith('https:') || upstreams[upstream]?.tls !== undefined;
}

/** `32m` in bytes (nginx, client_max_body_size), -1 for `unlimited`. */
function bytesOf(limit: string): number {
  const [, count, unit = ''] = /^(\d+)([kmg])$/.exec(limit) ?? [];
  return count === undefined ? -1 : Number(count) * 1024 ** ('kmg'.indexOf(unit) + 1);
}

/** A duration in whole seconds, rounded down. */
function secondsOf(duration: string): number {
  const [, count, unit = 's'] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  return Math.floor(
    (Number(count) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 1000)) / 1000,
  );
}

function noSite(found: readonly string[], name: string | undefined): KeepgateError {
  const what = name === undefined ? 'no site' : `no site "${name}"`;
  const diagnostic: Omit<Diagnostic, 'severity'> = {
    code: 'domino-no-site',
    message:
      found.length > 1
        ? `the spec has several sites with the preset domino-rest-api: ${found.join(', ')}`
        : `the spec has ${what} with the preset domino-rest-api`,
    help: found.length > 1 ? 'Name one with --site.' : 'keepgate init --preset domino-rest-api writes a spec with one.',
  };
  return new KeepgateError(1, diagnostic);
}
