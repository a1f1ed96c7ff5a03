/** From the spec to sites of plain options: presets expanded, defaults filled in, and for every value the layer it is from. */
import type { Diagnostic, Location } from '../diagnostic.ts';
import { normalHost } from '../spec/address.ts';
import type { Path } from '../spec/document.ts';
import type { Places } from '../spec/load.ts';
import { expandPreset } from '../spec/presets/index.ts';
import type { AcmeOptions, SiteOptions, SiteSpec, Spec } from '../spec/types.gen.ts';

/** Options that hold where a spec says nothing. */
export const builtIn = {
  listen: { addresses: ['*', '[::]'], http: 80, https: 443 },
  tls: { certificate: 'acme', profile: 'intermediate' },
  acme: {
    directory: 'letsencrypt',
    store: '/var/lib/keepgate',
    challenge: 'http-01',
    keyType: 'ec-p256',
  },
  http2: true,
  http3: false,
  websocket: true,
  bodyLimit: '32m',
  responseHeaderLimit: '16k',
  timeouts: { connect: '5s', send: '60s', read: '60s' },
} as const satisfies DeepReadonly<SiteOptions>;

type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** A site's options with every default filled in. */
export type PlainSite = Omit<SiteSpec, 'preset' | 'listen' | 'tls' | 'timeouts' | 'acme'> & {
  listen: Required<NonNullable<SiteSpec['listen']>>;
  tls: NonNullable<SiteSpec['tls']> & { certificate: string | { cert: string; key: string }; profile: string };
  timeouts: Required<NonNullable<SiteSpec['timeouts']>>;
  acme: AcmeOptions & { store: string };
  http2: boolean;
  http3: boolean;
  websocket: boolean;
  bodyLimit: string;
  responseHeaderLimit: string;
};

export type LayerName = 'site' | 'preset' | 'defaults' | 'acme' | 'built-in';

export interface Layer {
  readonly name: LayerName;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ExpandedSite {
  readonly name: string;
  /** The site of the spec that it comes from: another one where a preset makes several. */
  readonly specName: string;
  readonly presetName: string | undefined;
  readonly options: PlainSite;
  /** The strongest first. */
  readonly layers: readonly Layer[];
  /** `host:port` that must not be reached through any site; '' for none. */
  readonly management: string;
  /** `host:port` of each role that only an allow-list may reach. */
  readonly restricted: readonly string[];
}

export interface Expanded {
  readonly sites: readonly ExpandedSite[];
  readonly diagnostics: readonly Diagnostic[];
}

export function expand(spec: Spec, places: Places): Expanded {
  const sites: ExpandedSite[] = [];
  const diagnostics: Diagnostic[] = [];
  const below: Layer[] = [
    { name: 'defaults', options: { ...spec.defaults } },
    { name: 'acme', options: spec.acme ? { acme: spec.acme } : {} },
    { name: 'built-in', options: builtIn },
  ];
  const base = below.reduceRight<Record<string, unknown>>((weaker, { options }) => overlay(weaker, options), {});
  for (const [specName, site] of Object.entries(spec.sites ?? {})) {
    const { preset, ...own } = site;
    if (preset === undefined) {
      const layers: Layer[] = [{ name: 'site', options: own }, ...below];
      sites.push(expanded(specName, specName, undefined, layers, overlay(base, own)));
      continue;
    }
    const expansion = expandPreset(preset, site);
    for (const { code, message, path } of expansion.problems) {
      const at = locate(places, ['sites', specName, ...path], 'key');
      diagnostics.push({ code, severity: 'error', message, site: specName, ...(at && { at }) });
    }
    for (const [suffix, made] of Object.entries(expansion.sites)) {
      const name = `${specName}${suffix}`;
      if (suffix !== '' && spec.sites && Object.hasOwn(spec.sites, name)) {
        const at = locate(places, ['sites', name], 'key');
        const message = `the preset of the site "${specName}" makes a site "${name}" too; give this one another name`;
        diagnostics.push({ code: 'defined-twice', severity: 'error', message, ...(at && { at }) });
      }
      const mine = made.hosts ? narrowed(own, made.hosts) : own;
      const layers: Layer[] = [{ name: 'site', options: own }, { name: 'preset', options: { ...made } }, ...below];
      const options = overlay(overlay(base, { ...made }), mine);
      sites.push(expanded(name, specName, preset.name, layers, options, expansion));
    }
  }
  return { sites, diagnostics };
}

/** A site's own options for the one of several sites that has these hosts. */
function narrowed(own: Omit<SiteSpec, 'preset'>, hosts: string[]): Omit<SiteSpec, 'preset'> {
  const { canonicalHost, ...rest } = own;
  const canonical = canonicalHost !== undefined && hosts.includes(normalHost(canonicalHost));
  return { ...rest, hosts, ...(canonical && { canonicalHost }) };
}

function expanded(
  name: string,
  specName: string,
  presetName: string | undefined,
  layers: readonly Layer[],
  options: Record<string, unknown>,
  { management, restricted }: Pick<ExpandedSite, 'management' | 'restricted'> = { management: '', restricted: [] },
): ExpandedSite {
  // the schema has accepted each layer, and the built-in one holds what PlainSite requires
  return { name, specName, presetName, options: options as unknown as PlainSite, layers, management, restricted };
}

/**
 * Lays options over weaker ones: groups of options are merged, lists and plain values replaced. A route is one value: the
 * site's own replaces a preset's of the same path whole.
 */
function overlay(
  weaker: Readonly<Record<string, unknown>>,
  stronger: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...weaker };
  for (const [key, value] of Object.entries(stronger)) {
    const other = result[key];
    if (!isGroup(value) || !isGroup(other)) result[key] = value;
    else result[key] = key === 'routes' ? { ...other, ...value } : overlay(other, value);
  }
  return result;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The layer that a value of a site comes from, by its path in the options; undefined when no layer has it. */
export function layerOf(site: ExpandedSite, path: Path): LayerName | undefined {
  return site.layers.find(({ options }) => valueAt(options, path) !== undefined)?.name;
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, step) => Object.getOwnPropertyDescriptor(Object(node), step)?.value, root);
}

/** Where a person has to look for an option of a site: at the option, else at the nearest thing above it. */
export function placeOf(
  places: Places,
  site: ExpandedSite,
  path: Path,
  what: 'key' | 'value' = 'value',
): Location | undefined {
  const own: Path = ['sites', site.specName];
  switch (layerOf(site, path)) {
    case 'defaults':
      return locate(places, ['defaults', ...path], what);
    case 'acme':
      return locate(places, path, what);
    case 'preset':
      return places.locate([...own, 'preset'], 'key');
    default:
      return locate(places, [...own, ...path], what);
  }
}

/** The place of a path, else of the nearest thing above it. */
export function locate(places: Places, path: Path, what: 'key' | 'value'): Location | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = places.locate(path.slice(0, length), length === path.length ? what : 'key');
    if (found) return found;
  }
  return undefined;
}
