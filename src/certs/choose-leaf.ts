/** Which of the certificates in a file is the server's own, and which key is its. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Diagnostic } from '../diagnostic.ts';
import { nameOf } from './chain.ts';
import { keyTypeOf } from './keys.ts';
import { distinct } from './order-chain.ts';
import type { StoredKey } from './stored-keys.ts';

export type Choice =
  | { readonly ok: true; readonly leaf: X509Certificate; readonly key: KeyObject; readonly waited?: string }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/** A given key decides; without one, a key of the store does, which is `waited` for under this name. */
export function chooseLeaf(
  given: readonly X509Certificate[],
  keys: readonly KeyObject[],
  stored: () => Iterable<StoredKey>,
): Choice {
  const all = distinct(given);
  const own = all.filter(({ ca }) => !ca);
  const candidates = own.length > 0 ? own : all;
  const pairs = candidates.flatMap((leaf) => {
    const key = keys.find((each) => leaf.checkPrivateKey(each));
    return key ? [{ leaf, key }] : [];
  });
  const [pair] = pairs;
  if (pairs.length > 1) return refused(several(pairs.map(({ leaf }) => leaf)));
  if (pair) return { ok: true, ...pair };
  if (candidates.length === 0) return refused(noCertificate(keys.length > 0));
  if (keys.length > 0) return refused(otherKey(candidates, keys));
  for (const { name, key } of stored()) {
    const leaf = candidates.find((each) => each.checkPrivateKey(key));
    if (leaf) return { ok: true, leaf, key, waited: name };
  }
  return refused(noKey(candidates));
}

const refused = (finding: Omit<Diagnostic, 'severity'>): Choice => ({
  ok: false,
  diagnostic: { severity: 'error', ...finding },
});

const named = (certificates: readonly X509Certificate[]): string =>
  certificates.map((certificate) => `"${nameOf(certificate)}"`).join(', ');

const noCertificate = (hasKey: boolean) => ({
  code: 'import-no-certificate',
  message: hasKey ? 'there is a private key in what was given, but no certificate' : 'no certificate was given',
  help: 'Name the file with the certificate that the CA has issued; a certificate request (CSR) is none.',
});

const several = (leaves: readonly X509Certificate[]) => ({
  code: 'import-several-certificates',
  message: `there are several certificates with their keys in what was given: ${named(leaves)}`,
  help: 'Import one at a time: split the file, or have each exported by itself.',
});

const otherKey = (candidates: readonly X509Certificate[], keys: readonly KeyObject[]) => ({
  code: 'certificate-key-mismatch',
  message: `the private key that was given (${keys.map(keyTypeOf).join(', ')}) is not that of ${named(candidates)}`,
  help: 'Give the key that it was issued for. If `keepgate cert csr` made it, give none: it is found in the store.',
});

const noKey = (candidates: readonly X509Certificate[]) => ({
  code: 'import-no-key',
  message: `the private key of ${named(candidates)} was not given, and none in the store belongs to it`,
  help: 'Give it with --key FILE, or ask for a PFX file, which has both. For a new key and request: keepgate cert csr.',
});
