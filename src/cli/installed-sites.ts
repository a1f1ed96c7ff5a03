/** What is installed in a folder of nginx: each site, where it is from, its certificate, and what is not as keepgate left it. */
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lookOver } from '../acme/look-over.ts';
import type { CertificateState } from '../certs/status.ts';
import { openStore } from '../certs/store.ts';
import { insideRoot } from '../deploy/inside-root.ts';
import { inInstallFolder } from '../deploy/install-folder.ts';
import { installedSpecs } from '../deploy/installed-specs.ts';
import type { InstallFolder } from '../deploy/place.ts';
import type { Entry } from '../deploy/plan.ts';
import { siteOf, type WrittenManifest } from '../deploy/plan-manifest.ts';
import { nameOf, storeOf } from '../deploy/plan-stand-ins.ts';
import { survey } from '../deploy/survey.ts';
import { KeepgateError } from '../diagnostic.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { type Snapshot, snapshotOf } from '../files/snapshot.ts';
import { neighboursIn, noSpec } from '../model/claims.ts';
import { loadSpec } from '../spec/load.ts';
import { digestOf } from './beside.ts';
import type { Io } from './io.ts';
import { servedSites, storedCertificates } from './restored-sites.ts';
import { readSpecFiles } from './spec-files.ts';

export type Drift = 'hand-edited' | 'missing' | 'spec-changed' | 'spec-gone';

export interface SiteCertificate {
  /** Its path, as nginx reads it. */
  readonly path: string;
  /** As `cert list` has it; undefined for one that is not of keepgate's store, or that this user may not read. */
  readonly state?: CertificateState;
  readonly words?: string;
  /** RFC 3339, in UTC. */
  readonly notAfter?: string;
}

export interface InstalledSite {
  readonly site: string;
  readonly hosts: readonly string[];
  /** undefined: no spec is known. */
  readonly spec: string | undefined;
  readonly certificate: SiteCertificate | undefined;
  readonly drift: readonly Drift[];
}

export interface InstalledHere {
  readonly sites: readonly InstalledSite[];
  /** Of the file that all share. */
  readonly shared: readonly Drift[];
}

/** Sorted by the names of the sites. @throws KeepgateError manifest-damaged (1), out-not-usable (4) */
export async function installedHere(place: InstallFolder, io: Io): Promise<InstalledHere> {
  const { manifest, records } = installedSpecs(place.folder);
  if (manifest === undefined) return { sites: [], shared: [] };
  const { entries, there } = await inInstallFolder(place.folder, (tree) => ({
    ...survey(tree, { manifest }),
    there: snapshotOf(tree, Object.keys(manifest.files)),
  }));
  const changed = new Map<string, readonly Drift[]>();
  for (const [spec, { digest }] of Object.entries(records)) changed.set(spec, await driftOfSpec(spec, digest, io));
  const sites = neighboursIn(records).map(({ site, spec, claim }): InstalledSite => {
    const paths = Object.keys(manifest.files).filter((path) => siteOf(path) === site);
    return {
      site,
      hosts: claim.hosts,
      spec: spec === noSpec ? undefined : spec,
      certificate: certificateOf(place, there, paths, io.now()),
      drift: [...driftOfFiles(manifest, entries, (path) => siteOf(path) === site), ...(changed.get(spec) ?? [])],
    };
  });
  return {
    sites: sites.sort((a, b) => (a.site < b.site ? -1 : 1)),
    shared: driftOfFiles(manifest, entries, (path) => siteOf(path) === undefined),
  };
}

function driftOfFiles(
  { files, links, pending }: WrittenManifest,
  entries: ReadonlyMap<string, Entry>,
  isOf: (path: string) => boolean,
): Drift[] {
  const found = new Set<Drift>();
  for (const path of Object.keys(files).filter(isOf)) {
    const entry = entries.get(path);
    if (entry === undefined) found.add('missing');
    else if (entry.is !== 'file' || ![files[path], pending?.files[path]].includes(entry.sha256))
      found.add('hand-edited');
  }
  for (const path of Object.keys(links).filter(isOf)) {
    const entry = entries.get(path);
    if (entry === undefined) found.add('missing');
    else if (entry.is !== 'link' || entry.to !== links[path]) found.add('hand-edited');
  }
  return [...found];
}

/** The file is read to compare what it says; nothing of it is shown. One that this user may not read says nothing. */
async function driftOfSpec(spec: string, digest: string | undefined, io: Io): Promise<Drift[]> {
  if (!spec.startsWith('/')) return [];
  if (!existsSync(spec)) return ['spec-gone'];
  try {
    const { values } = loadSpec(await readSpecFiles([spec], io));
    return digestOf(values) === digest ? [] : ['spec-changed'];
  } catch (error) {
    if (error instanceof KeepgateError) return [];
    throw error;
  }
}

function certificateOf(
  { fileSystem }: InstallFolder,
  there: Snapshot,
  paths: readonly string[],
  now: Date,
): SiteCertificate | undefined {
  const files = paths.flatMap((path) => {
    const bytes = there.files[path]?.bytes;
    return bytes === undefined ? [] : [{ path, text: Buffer.from(bytes, 'base64') }];
  });
  const served = servedSites(files);
  const path = served.at(-1)?.tls.certificate;
  if (path === undefined || fileSystem === undefined) return path === undefined ? undefined : { path };
  try {
    const [stored] = storedCertificates(served, fileSystem);
    if (stored === undefined) return { path, ...validity(insideRoot(fileSystem, path), now) };
    const store = openStore(insideRoot(fileSystem, storeOf(stored.certificate)), { write: false });
    const { state, words, version } = lookOver(store, nameOf(stored), now);
    return { path, state, words, ...(version && { notAfter: version.meta.notAfter }) };
  } catch (error) {
    if (error instanceof KeepgateError) return { path };
    throw error;
  }
}

/** Of a certificate that others keep. */
function validity(path: string, now: Date): Pick<SiteCertificate, 'state' | 'words' | 'notAfter'> {
  const file = readRegularFile(path);
  if (file.state !== 'read') return file.state === 'missing' ? { state: 'broken', words: 'there is no such file' } : {};
  try {
    const notAfter = new Date(new X509Certificate(file.bytes).validTo);
    return notAfter > now
      ? { notAfter: notAfter.toISOString() }
      : { state: 'expired', words: 'it has expired', notAfter: notAfter.toISOString() };
  } catch {
    return { state: 'broken', words: 'it is no certificate' };
  }
}
