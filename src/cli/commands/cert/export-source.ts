import { join } from 'node:path';
import { alternativeNames, nameOf } from '../../../certs/chain.ts';
import { chooseLeaf } from '../../../certs/choose-leaf.ts';
import type { ExportSource } from '../../../certs/export/formats.ts';
import { pemOf } from '../../../certs/keys.ts';
import { orderChain } from '../../../certs/order-chain.ts';
import { type CertificateStore, liveVersion, names } from '../../../certs/store.ts';
import { readStored } from '../../../certs/stored-file.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { suggest } from '../../../spec/suggest.ts';
import type { Io } from '../../io.ts';
import { readGiven } from './read-given.ts';

export interface NamedPair extends ExportSource {
  readonly name: string;
  /** SHA-256, in pairs with colons. */
  readonly fingerprint: string;
}

/** What the store serves under this name. @throws KeepgateError certificate-unknown (2), export-nothing (1) */
export function storedPair(store: CertificateStore, name: string): NamedPair {
  const known = names(store);
  if (!known.includes(name)) {
    const near = suggest(name, known);
    throw new KeepgateError(2, {
      code: 'certificate-unknown',
      message: `${store.root} has no certificate "${name}"${near ? `; did you mean "${near}"?` : ''}`,
      ...(known.length > 0 && { help: `It has: ${known.join(', ')}` }),
    });
  }
  const live = liveVersion(store, name);
  if (typeof live !== 'object')
    throw new KeepgateError(1, {
      code: 'export-nothing',
      message: `there is no certificate "${name}" to export yet, only a stand-in or none at all`,
      help: 'Get it first: keepgate cert issue, or keepgate cert import.',
    });
  const text = (file: string): string => readStored(join(live.folder, file)) ?? '';
  return { name, fullchain: text('fullchain.pem'), key: text('privkey.pem'), fingerprint: live.meta.fingerprint };
}

/** A certificate of the user's own, in any order and form that `cert import` reads. @throws KeepgateError with the first finding (1) */
export async function givenPair(cert: string, key: string | undefined, io: Io): Promise<NamedPair> {
  const bundle = await readGiven(key === undefined ? [cert] : [cert, key], undefined, io);
  const wrong = bundle.diagnostics.find(({ severity }) => severity === 'error');
  if (wrong) throw new KeepgateError(1, wrong);
  const choice = chooseLeaf(bundle.certificates, bundle.keys, () => []);
  if (!choice.ok) throw new KeepgateError(1, choice.diagnostic);
  const { leaf } = choice;
  return {
    name: alternativeNames(leaf)[0] ?? nameOf(leaf),
    fullchain: orderChain(leaf, bundle.certificates).certificates.map(String).join(''),
    key: pemOf(choice.key),
    fingerprint: leaf.fingerprint256,
  };
}
