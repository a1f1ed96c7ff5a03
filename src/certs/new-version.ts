/** A new version of a certificate: looked over, written whole, and not yet served. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { namesIn, settle, temporaryIn, writeNew } from '../files/durable.ts';
import { issuerOf } from './chain.ts';
import { textOf } from './documents.ts';
import { inspectPair } from './inspect.ts';
import { keyTypeOf, pemOf } from './keys.ts';
import { pemBlocks } from './pem.ts';
import { soonInStore } from './store-failure.ts';
import { type CertificateStore, ownFolder, ownFolderIn } from './store-folder.ts';
import type { StoredVersion, VersionMeta } from './versions.ts';

type Given = Pick<VersionMeta, 'origin' | 'names' | 'directory' | 'orderUrl' | 'certificateUrl' | 'profile'>;

export interface NewVersion extends Given {
  /** PEM: the server's certificate first, then those that signed it, without the root. */
  readonly fullchain: string;
  /** PEM, unencrypted. */
  readonly key: string;
}

/**
 * Everything that speaks against serving this: order of the chain, dates, names, strength, another key. `about` begins the
 * messages.
 */
export function checkVersion(
  { fullchain, key, names }: Pick<NewVersion, 'fullchain' | 'key' | 'names'>,
  about: string,
  now: Date,
): Diagnostic[] {
  const certificate = { path: about, bytes: Buffer.from(fullchain) };
  return inspectPair(certificate, { path: `the key of ${about}`, bytes: Buffer.from(key) }, names, now);
}

/**
 * Puts a version beside those that are there. It is written elsewhere and renamed, so that there is all of it or nothing.
 * Only for the holder of the lock. That it is not valid yet is no reason to refuse what a CA has just issued: the clock of
 * this machine is slow.
 * @param onWarning called with each of the findings that stops nothing
 * @throws KeepgateError with the first of the findings of `checkVersion` that is an error (1); store-not-writable (4)
 */
export async function addVersion(
  store: CertificateStore,
  name: string,
  given: NewVersion,
  now: Date,
  onWarning: (warning: Diagnostic) => void = () => {},
): Promise<StoredVersion> {
  const found = checkVersion(given, `the certificate "${name}"`, now);
  const wrong = found.find(
    ({ code, severity }) => severity === 'error' && !(given.origin === 'acme' && code === 'certificate-not-yet-valid'),
  );
  if (wrong) throw new KeepgateError(1, wrong);
  for (const finding of found) if (finding.severity === 'warning') onWarning(finding);
  const [leaf = '', ...chain] = certificatesIn(given.fullchain);
  const key = createPrivateKey(given.key);
  const meta = metaOf(new X509Certificate(leaf), key, given, now);
  const files = {
    'fullchain.pem': [leaf, ...chain].join(''),
    'cert.pem': leaf,
    'chain.pem': chain.join(''),
    'privkey.pem': pemOf(key),
    'meta.json': textOf(meta),
  };
  return soonInStore(async () => {
    const own = ownFolder(store, name);
    const versions = ownFolderIn(own, 'versions', 'later');
    const before = temporaryIn(versions);
    try {
      mkdirSync(before, { mode: 0o700 });
      const paths = Object.entries(files).map(([file, text]) => {
        const path = join(before, file);
        writeNew(path, text, { when: 'later' });
        return path;
      });
      await settle([...paths, before]);
      const number = 1 + Math.max(0, ...namesIn(versions).map(Number).filter(Number.isInteger));
      const folder = join(versions, String(number));
      renameSync(before, folder);
      await settle([versions, own, dirname(own)]);
      return { number, folder, meta };
    } catch (error) {
      rmSync(before, { recursive: true, force: true });
      throw error;
    }
  });
}

/** The certificates of a PEM text, each in the form that OpenSSL writes, without what stood around them. */
export function certificatesIn(pem: string): string[] {
  return pemBlocks(Buffer.from(pem))
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ text }) => new X509Certificate(text).toString());
}

function metaOf(leaf: X509Certificate, key: KeyObject, given: NewVersion, now: Date): VersionMeta {
  const { origin, names, directory, orderUrl, certificateUrl, profile } = given;
  return {
    version: 1,
    createdAt: now.toISOString(),
    origin,
    names,
    notBefore: new Date(leaf.validFrom).toISOString(),
    notAfter: new Date(leaf.validTo).toISOString(),
    issuer: issuerOf(leaf),
    serial: leaf.serialNumber,
    fingerprint: leaf.fingerprint256,
    keyType: keyTypeOf(key),
    ...(directory !== undefined && { directory }),
    ...(orderUrl !== undefined && { orderUrl }),
    ...(certificateUrl !== undefined && { certificateUrl }),
    ...(profile !== undefined && { profile }),
  };
}
