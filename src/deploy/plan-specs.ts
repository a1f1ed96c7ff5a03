/** Several specs on one machine: which sites a run may change, and what the manifest says afterwards. */
import { type Neighbour, neighboursIn, noSpec, type SpecRecord, type SpecRecords } from '../model/claims.ts';
import type { Manifest } from '../render/render.ts';
import type { Wanted } from './plan.ts';
import { siteOf, type WrittenManifest } from './plan-manifest.ts';

/** What a run may take from others. */
export interface Claimed {
  /** The names of the run's own specs. */
  readonly specs: ReadonlySet<string>;
  /** Their sites. */
  readonly sites: ReadonlySet<string>;
  /** Sites that this run has, or whole specs by their name, that become this run's. */
  readonly adopt: readonly string[];
  /** Every other spec's sites are removed. */
  readonly prune: boolean;
}

export interface Beside {
  /** What stays of the others. */
  readonly others: SpecRecords;
  /** Those of their sites that this run has too, and may not take. */
  readonly conflicts: readonly Neighbour[];
  /** What is taken from them. */
  readonly taken: readonly Neighbour[];
  /** What was to be adopted and is nobody's. */
  readonly unknown: readonly string[];
}

/** A site that no spec is known of is whose spec names it. */
export function beside(installed: SpecRecords, { specs, sites, adopt, prune }: Claimed): Beside {
  const all = neighboursIn(installed);
  // A name is a site's first, and only of those that the run has: no site goes because its name was taken for a spec's.
  const adopted = new Set(adopt.filter((name) => !sites.has(name)));
  const isTaken = ({ site, spec }: Neighbour): boolean =>
    prune || (sites.has(site) && (spec === noSpec || adopt.includes(site))) || (spec !== noSpec && adopted.has(spec));
  const foreign = all.filter(({ spec }) => !specs.has(spec));
  const taken = foreign.filter(isTaken);
  const names = new Set([...all.map(({ spec }) => spec), ...sites, ...specs]);
  const others = Object.entries(installed).filter(([spec]) => !specs.has(spec) && !prune);
  return {
    others: withoutSites(Object.fromEntries(others), new Set(taken.map(({ site }) => site))),
    conflicts: foreign.filter((one) => sites.has(one.site) && !isTaken(one)),
    taken,
    unknown: adopt.filter((name) => !names.has(name)),
  };
}

/** A spec that has lost its last site says nothing for the machine any more. */
export function withoutSites(records: SpecRecords, gone: ReadonlySet<string>): SpecRecords {
  const left = Object.entries(records).flatMap(([spec, record]): [string, SpecRecord][] => {
    const all = Object.entries(record.sites);
    const sites = all.filter(([site]) => !gone.has(site));
    return sites.length === 0 && all.length > 0 ? [] : [[spec, { ...record, sites: Object.fromEntries(sites) }]];
  });
  return Object.fromEntries(left);
}

/** What a folder has to hold, and the list of it. */
export interface WantedBeside extends Wanted {
  readonly manifest: WrittenManifest;
  readonly kept: ReadonlySet<string>;
}

/** `rendered`: this run's own files and the shared one; `records`: of all specs afterwards. */
export function wantedBeside(
  rendered: Pick<Wanted, 'files' | 'links'> & { readonly manifest: Manifest },
  installed: WrittenManifest | undefined,
  records: SpecRecords,
): WantedBeside {
  const { files, links, manifest } = rendered;
  const staying = new Set(neighboursIn(records).map(({ site }) => site));
  const own = new Set(files.flatMap(({ path }) => siteOf(path) ?? []));
  const isKept = (path: string): boolean => {
    const site = siteOf(path);
    return site !== undefined && staying.has(site) && !own.has(site);
  };
  const kept = <T>(list: Readonly<Record<string, T>> = {}): Record<string, T> =>
    Object.fromEntries(Object.entries(list).filter(([path]) => isKept(path)));
  const lists = { files: kept(installed?.files), links: kept(installed?.links) };
  // Of a run that was cut off: which of the two lists is right is not known, so both stay.
  const pending = { files: kept(installed?.pending?.files), links: kept(installed?.pending?.links) };
  const open = Object.keys({ ...pending.files, ...pending.links });
  return {
    files,
    links,
    kept: new Set([...Object.keys({ ...lists.files, ...lists.links }), ...open]),
    manifest: {
      ...manifest,
      files: { ...lists.files, ...manifest.files },
      links: { ...lists.links, ...manifest.links },
      specs: records,
      ...(open.length > 0 && { pending }),
    },
  };
}
