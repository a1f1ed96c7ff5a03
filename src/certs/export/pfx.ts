import { KeepgateError } from '../../diagnostic.ts';
import { openssl } from '../openssl.ts';
import type { ExportContents, ExportForm, ExportSource } from './formats.ts';

/** What Java 11 and later, OpenSSL 1.1.1 and 3 open: AES-256-CBC for key and certificates, a MAC of SHA-256. */
const algorithms = ['-keypbe', 'AES-256-CBC', '-certpbe', 'AES-256-CBC', '-macalg', 'sha256'];

/**
 * A PKCS#12 file by OpenSSL. Key and chain reach it by its standard input, the password by a pipe.
 * @throws KeepgateError openssl-missing (4), export-failed (4)
 */
export async function toPfx({ fullchain, key }: ExportSource, form: ExportForm): Promise<ExportContents> {
  const args = ['pkcs12', '-export', '-passout', 'fd:3', ...algorithms, '-name', form.alias];
  // The key first: OpenSSL reads it, and then the certificates in what is left.
  const { ok, bytes } = await openssl(args, Buffer.from(key + fullchain), form.password);
  if (ok && bytes.length > 0) return { store: bytes };
  throw new KeepgateError(4, {
    code: 'export-failed',
    message: 'openssl pkcs12 -export could not make the PFX file',
    help: 'It has to be OpenSSL 1.1.1 or later: openssl version',
  });
}
