/** The resolved spec as YAML that can be read back, with a comment on every value that says where it comes from. */
import { stringify } from 'yaml';
import type { Path } from '../spec/document.ts';
import type { Places } from '../spec/load.ts';
import type { Spec } from '../spec/types.gen.ts';
import { type ExpandedSite, type LayerName, layerOf, placeOf } from './expand.ts';
import type { Target } from './target.ts';

export interface ExplainOptions {
  readonly target: Target;
  readonly layout: 'debian' | 'conf.d';
  /** Such as `the nginx installed here`. */
  readonly targetOrigin: string;
}

export function explainSpec(
  spec: Spec,
  sites: readonly ExpandedSite[],
  places: Places,
  { target, layout, targetOrigin }: ExplainOptions,
): string {
  const lines = new Lines();
  lines.leaf(0, 'version', 1);
  lines.key(0, 'nginx');
  lines.leaf(1, 'target', { ...target }, targetOrigin);
  lines.leaf(1, 'layout', layout, origin(places, ['nginx', 'layout']) ?? 'found on this machine');
  const { defaultServer = 'refuse', resolver } = spec.nginx ?? {};
  lines.leaf(1, 'defaultServer', defaultServer, origin(places, ['nginx', 'defaultServer']) ?? builtIn);
  if (resolver) lines.leaf(1, 'resolver', resolver, origin(places, ['nginx', 'resolver']));
  if (spec.acme && Object.keys(spec.acme).length > 0) {
    lines.key(0, 'acme');
    lines.group(1, { ...spec.acme }, [], (path) => origin(places, ['acme', ...path]));
  }
  if (spec.upstreams) {
    lines.key(0, 'upstreams');
    lines.group(1, spec.upstreams, [], (path) => origin(places, ['upstreams', ...path]));
  }
  lines.key(0, 'sites');
  for (const site of sites) {
    lines.key(1, site.name);
    const { hosts, upstream, ...rest } = site.options;
    const options = { hosts, ...(upstream !== undefined && { upstream }), ...rest };
    lines.group(2, options, [], (path) => siteOrigin(places, site, path));
  }
  return lines.text;
}

const builtIn = "keepgate's default";

function origin(places: Places, path: Path): string | undefined {
  const at = places.locate(path);
  return at && `${at.file}:${at.line}`;
}

function siteOrigin(places: Places, site: ExpandedSite, path: Path): string | undefined {
  const layer = layerOf(site, path);
  if (layer === 'built-in' || layer === undefined) return builtIn;
  if (layer === 'preset') return `preset ${site.presetName}`;
  const at = placeOf(places, site, path);
  const prefix: Readonly<Partial<Record<LayerName, string>>> = { defaults: 'defaults, ', acme: 'acme, ' };
  return at && `${prefix[layer] ?? ''}${at.file}:${at.line}`;
}

class Lines {
  readonly #lines: string[] = [];

  get text(): string {
    // as arguments of one call, the lines of 10,000 sites would be too many
    const longest = this.#lines.reduce((most, line) => Math.max(most, line.split('\0', 1)[0]?.length ?? 0), 0);
    const width = Math.min(72, longest);
    return this.#lines
      .map((line) => {
        const [content = '', comment] = line.split('\0');
        return `${comment === undefined ? content : `${content.padEnd(width)}  # ${comment}`}\n`;
      })
      .join('');
  }

  key(depth: number, key: string): void {
    this.#lines.push(`${'  '.repeat(depth)}${flow(key)}:`);
  }

  leaf(depth: number, key: string, value: unknown, comment?: string): void {
    const content = `${'  '.repeat(depth)}${flow(key)}: ${flow(value)}`;
    this.#lines.push(comment === undefined ? content : `${content}\0${comment}`);
  }

  /** Groups of options below each other, each with the plain values and lists that it ends in. */
  group(
    depth: number,
    group: Readonly<Record<string, unknown>>,
    path: Path,
    comment: (path: Path) => string | undefined,
  ): void {
    for (const [key, value] of Object.entries(group)) {
      const at = [...path, key];
      const nested =
        typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
      if (!nested) this.leaf(depth, key, value, comment(at));
      else {
        this.key(depth, key);
        this.group(depth + 1, { ...value }, at, comment);
      }
    }
  }
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, blockQuote: false }).trimEnd();
}
