/** The certificate that names the host of the API. */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { checkCertificateName } from '../../../certs/certificate-name.ts';
import { pemBlocks } from '../../../certs/pem.ts';
import { type Diagnostic, KeepgateError } from '../../../diagnostic.ts';
import { readRegularFile, whyNotRead } from '../../../files/regular-file.ts';
import type { Io } from '../../io.ts';
import { type StoreOptions, storeFor } from '../../store-option.ts';

/** The one of the store that is named; undefined when none is. @throws KeepgateError domino-certificate (1) */
export async function certificateOf(
  { name, store: root }: StoreOptions & { readonly name?: string },
  io: Io,
): Promise<X509Certificate | undefined> {
  if (name === undefined) return undefined;
  checkCertificateName(name);
  const store = await storeFor({ ...(root !== undefined && { store: root }) }, io, { write: false });
  return leafOf(join(store.root, 'live', name, 'fullchain.pem'));
}

function leafOf(path: string): X509Certificate {
  const file = readRegularFile(path);
  const problem = (reason: string): KeepgateError => {
    const diagnostic: Omit<Diagnostic, 'severity'> = {
      code: 'domino-certificate',
      message: `${path} can't be read as a certificate chain: ${reason}`,
      help: 'Name a certificate that keepgate cert list shows, or say --host.',
    };
    return new KeepgateError(1, diagnostic);
  };
  if (file.state !== 'read') throw problem(whyNotRead(file));
  const block = pemBlocks(file.bytes).find(({ label }) => label === 'CERTIFICATE');
  try {
    return new X509Certificate(block?.text ?? '');
  } catch {
    throw problem('there is no certificate in it');
  }
}
