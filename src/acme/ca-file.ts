import { pemBlocks } from '../certs/pem.ts';
import { KeepgateError } from '../diagnostic.ts';
import { readRegularFile, whyNotRead } from '../files/regular-file.ts';

/**
 * The certificates of a private CA, as PEM, that a directory's TLS certificate is verified against.
 * @throws KeepgateError acme-ca-file (1)
 */
export function readCaFile(path: string): string {
  const file = readRegularFile(path);
  const blocks = file.state === 'read' ? pemBlocks(file.bytes).filter(({ label }) => label === 'CERTIFICATE') : [];
  if (blocks.length > 0) return blocks.map(({ text }) => text).join('');
  const reason = file.state === 'read' ? 'it has no certificate in PEM' : whyNotRead(file);
  throw new KeepgateError(1, {
    code: 'acme-ca-file',
    message: `${path} can't be used as the CA certificates of the directory: ${reason}`,
    help: 'Name a PEM file with the root certificate of that CA as caFile, or leave caFile out for a public CA.',
  });
}
