/** Which specs a folder of nginx holds the sites of. */

import { statSync } from 'node:fs';
import { type Snapshot, snapshotOf } from '../files/snapshot.ts';
import { noSpec, type SpecRecords } from '../model/claims.ts';
import { sharedPath } from '../render/render.ts';
import { claimOfText, settingsOfText } from './claims-of-text.ts';
import { openFolder } from './install-folder.ts';
import { isSiteName } from './parse-records.ts';
import { siteOf, type WrittenManifest } from './plan-manifest.ts';
import { readManifest } from './survey.ts';

export interface InstalledSpecs {
  readonly manifest: WrittenManifest | undefined;
  /** Sites that no spec is known of, which 0.1.0 installed or which were only rendered, stand below `noSpec`. */
  readonly records: SpecRecords;
}

/** None where there is no such folder. What is found in one that somebody else can change is not believed. @throws KeepgateError manifest-damaged (1); out-not-usable (4) */
export function installedSpecs(folder: string): InstalledSpecs {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return { manifest: undefined, records: {} };
  const tree = openFolder(folder);
  try {
    const manifest = tree.distrust === undefined ? readManifest(tree) : undefined;
    return { manifest, records: manifest === undefined ? {} : recordsOf(manifest, (paths) => snapshotOf(tree, paths)) };
  } finally {
    tree.release();
  }
}

/** The records of a manifest, and what the files say of those sites that it has none of. */
export function recordsOf(manifest: WrittenManifest, read: (paths: readonly string[]) => Snapshot): SpecRecords {
  const { specs, files, pending } = manifest;
  const known = new Set(Object.values(specs).flatMap(({ sites }) => Object.keys(sites)));
  const unknown = Object.keys({ ...pending?.files, ...files }).flatMap((path) => {
    const site = siteOf(path);
    return site !== undefined && isSiteName(site) && !known.has(site) ? [{ path, site }] : [];
  });
  if (unknown.length === 0) return specs;
  const { files: there } = read([...unknown.map(({ path }) => path), sharedPath]);
  const textOf = (path: string): Buffer => Buffer.from(there[path]?.bytes ?? '', 'base64');
  const before = specs[noSpec];
  const first = Object.keys(specs).length === 0 && there[sharedPath] !== undefined;
  const sites = unknown.map(({ path, site }) => [site, claimOfText(textOf(path))] as const);
  return {
    ...specs,
    [noSpec]: {
      settings: first ? settingsOfText(textOf(sharedPath)) : (before?.settings ?? {}),
      sites: { ...before?.sites, ...Object.fromEntries(sites) },
    },
  };
}
