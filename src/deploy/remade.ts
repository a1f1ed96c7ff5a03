/** A change of what is installed that no spec was read for: some sites go or come back, and the shared file is made anew. */
import { createHash } from 'node:crypto';
import type { Snapshot } from '../files/snapshot.ts';
import { machineSettings, neighboursIn, type SpecRecords, settingsIn } from '../model/claims.ts';
import { nginxFeatures } from '../model/nginx-features.ts';
import { sharedOf } from '../model/shared.ts';
import type { Target } from '../model/target.ts';
import { guideline } from '../model/tls-profiles.ts';
import { renderShared, sharedPath } from '../render/render.ts';
import type { Wanted } from './plan.ts';
import { manifestText, type WrittenManifest } from './plan-manifest.ts';
import { wantedBeside } from './plan-specs.ts';
import { wantedOf } from './snapshot.ts';

export interface RemadeOptions {
  readonly installed: WrittenManifest | undefined;
  /** Of all specs afterwards. */
  readonly records: SpecRecords;
  /** The files and links of the sites that come back. */
  readonly restored: Snapshot;
  /** The nginx that reads the shared file. */
  readonly target: Target;
}

/** `manifest`: undefined where nothing is left, of which there is no shared file either. */
export function remade(options: RemadeOptions): { readonly wanted: Wanted; readonly manifest: string | undefined } {
  const { installed, records, restored, target } = options;
  const sites = neighboursIn(records);
  if (sites.length === 0)
    return { wanted: { files: [], links: [], manifest: { files: {}, links: {} } }, manifest: undefined };
  const settings = machineSettings(settingsIn(records));
  const claims = sites.map(({ claim }) => claim);
  const text = renderShared(sharedOf(claims, settings, nginxFeatures(target)));
  const { files, links, manifest } = wantedOf(restored, []);
  const list = {
    ...{ version: 2 as const, target, guideline, specs: {}, links: manifest.links },
    files: { ...manifest.files, [sharedPath]: createHash('sha256').update(text).digest('hex') },
  };
  const own = { files: [{ path: sharedPath, text }, ...files], links, manifest: list };
  const wanted = wantedBeside(own, installed, records);
  return { wanted, manifest: manifestText(wanted.manifest) };
}
