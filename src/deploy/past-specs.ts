/** Going back for some of the specs of a machine, while the others stay as they are. */

import type { Snapshot } from '../files/snapshot.ts';
import { type Neighbour, neighboursIn, noSpec, type SpecRecord, type SpecRecords } from '../model/claims.ts';
import { manifestName } from '../render/render.ts';
import { type InstalledSpecs, recordsOf } from './installed-specs.ts';
import type { PastChange } from './journal.ts';
import { parseManifest, siteOf } from './plan-manifest.ts';
import { withoutSites } from './plan-specs.ts';

/** A state that there was. A manifest that can't be read tells nothing. */
export function installedThen(before: Snapshot): InstalledSpecs {
  const bytes = before.files[manifestName]?.bytes;
  const parsed = bytes === undefined ? undefined : parseManifest(Buffer.from(bytes, 'base64').toString('utf8'));
  if (parsed === undefined || !('manifest' in parsed)) return { manifest: undefined, records: {} };
  return { manifest: parsed.manifest, records: recordsOf(parsed.manifest, () => before) };
}

/** Every spec that there is, or was: what a rollback can be asked for. */
export function specsKnown({ records }: InstalledSpecs, history: readonly PastChange[]): string[] {
  const known = [...Object.keys(records), ...history.flatMap(({ specs = [] }) => specs)];
  return [...new Set(known)].filter((name) => name !== noSpec).sort();
}

/** Whether only these specs are, or then were, on the machine: going back is then going back for all. */
export function areAlone(specs: ReadonlySet<string>, now: SpecRecords, then: SpecRecords): boolean {
  return (
    !Object.hasOwn(now, noSpec) &&
    [...Object.keys(now), ...Object.keys(then)].every((name) => specs.has(name) || name === noSpec)
  );
}

export interface Back {
  /** Of all specs afterwards. */
  readonly records: SpecRecords;
  /** Their files are those of then. */
  readonly restored: readonly Neighbour[];
  /** Sites of these specs, which others have by now. */
  readonly conflicts: readonly Neighbour[];
}

/**
 * The specs' sites as they were then, and what their changes since have taken from others, unless somebody has it again. `changes`: the one
 * that is undone, and those after it.
 */
export function goBack(
  specs: ReadonlySet<string>,
  now: SpecRecords,
  then: SpecRecords,
  changes: readonly PastChange[],
): Back {
  const ofThem = ({ spec }: Neighbour): boolean => specs.has(spec);
  const [current, past] = [neighboursIn(now), neighboursIn(then)];
  const theirs = new Set([...current, ...past].filter(ofThem).map(({ site }) => site));
  const touched = changes
    .filter((change) => change.specs?.some((name) => specs.has(name)))
    .flatMap(({ after }) => Object.keys(after).flatMap((path) => siteOf(path) ?? []));
  const others = new Map(current.filter((one) => !ofThem(one)).map((one) => [one.site, one]));
  const free = new Set([...theirs, ...touched].filter((site) => !others.has(site)));
  const restored = past.filter(({ site }) => free.has(site));
  const kept = Object.entries(withoutSites(now, free)).filter(([name]) => !specs.has(name));
  return {
    records: withSites(Object.fromEntries(kept), restored, then),
    restored,
    conflicts: past.filter(ofThem).flatMap(({ site }) => others.get(site) ?? []),
  };
}

/** Each site back into the record of its spec; what that says besides is what it says now, else what it said then. */
function withSites(now: SpecRecords, restored: readonly Neighbour[], then: SpecRecords): SpecRecords {
  const records = new Map<string, SpecRecord>(Object.entries(now));
  for (const { site, spec, claim } of restored) {
    const record = records.get(spec) ?? { settings: {}, ...then[spec], sites: {} };
    records.set(spec, { ...record, sites: { ...record.sites, [site]: claim } });
  }
  return Object.fromEntries(records);
}

/** The files and links of some sites, of a state that there was. */
export function snapshotOfSites({ files, links }: Snapshot, sites: readonly Neighbour[]): Snapshot {
  const names = new Set(sites.map(({ site }) => site));
  const only = <T>(list: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(list).filter(([path]) => names.has(siteOf(path) ?? '')));
  return { files: only(files), links: only(links) };
}
