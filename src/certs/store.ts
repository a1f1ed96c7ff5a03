/**
 * The store of certificates, which nginx can't see half of.
 *
 *   live/NAME → ../certificates/NAME/versions/N, ../stand-in/NAME or ../self-signed/NAME
 *   certificates/NAME/versions/N/{fullchain,cert,chain,privkey}.pem, meta.json
 *   certificates/NAME/settings.json, pending.json, pending.key, pending-*.key …
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from '../files/durable.ts';
import { isCertificateName } from './certificate-name.ts';
import { inStore } from './store-failure.ts';
import { type CertificateStore, folderBelow } from './store-folder.ts';

export { noteDocument, readDocument } from './documents.ts';
export { addVersion, type NewVersion } from './new-version.ts';
export { saveSettings, settingsOf } from './settings.ts';
export { type CertificateStore, openStore } from './store-folder.ts';
export {
  type Live,
  liveVersion,
  prune,
  refuseForeignLink,
  type StoredVersion,
  switchAll,
  switchTo,
  type VersionMeta,
  versionsOf,
} from './versions.ts';

/** The names of all certificates that were asked for or imported, sorted. @throws KeepgateError store-not-writable (4) */
export function names(store: CertificateStore): string[] {
  const folder = folderBelow(store, 'certificates');
  return inStore(() =>
    namesIn(folder).filter(
      (name) =>
        isCertificateName(name) &&
        lstatSync(join(folder, name, 'settings.json'), { throwIfNoEntry: false })?.isFile() === true,
    ),
  );
}
