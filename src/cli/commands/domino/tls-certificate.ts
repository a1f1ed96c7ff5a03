/** The certificate that names the host of the API. */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { checkCertificateName } from '../../../certs/certificate-name.ts';
import { pemBlocks } from '../../../certs/pem.ts';
import { type Diagnostic, KeepgateError } from '../../../diagnostic.ts';
import { readRegularFile, whyNotRead } from '../../../files/regular-file.ts';
import type { Io } from '../../io.ts';
import { type StoreOptions, storeFor } from '../../store-option.ts';
import type { StoreFile, StoreFileOptions } from './own-tls.ts';

/** Of the store, or the chain that is named; undefined when neither is. @throws KeepgateError domino-certificate (1) */
export async function certificateOf(
  argv: StoreFileOptions & StoreOptions & { readonly name?: string },
  files: readonly StoreFile[],
  io: Io,
): Promise<X509Certificate | undefined> {
  if (argv.name !== undefined) {
    checkCertificateName(argv.name);
    const store = await storeFor({ ...(argv.store !== undefined && { store: argv.store }) }, io, { write: false });
    return leafOf(join(store.root, 'live', argv.name, 'fullchain.pem'));
  }
  const chain = argv.as === 'pem' ? files[1]?.here : undefined;
  return chain === undefined || readRegularFile(chain).state === 'missing' ? undefined : leafOf(chain);
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
