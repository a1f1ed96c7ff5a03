import type { CertificateStore } from '../../../certs/store.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { suggest } from '../../../spec/suggest.ts';

/** For a name on the command line that the store doesn't have. */
export function unknownCertificate(name: string, known: readonly string[], { root }: CertificateStore): KeepgateError {
  const near = suggest(name, known);
  return new KeepgateError(2, {
    code: 'certificate-unknown',
    message: `${root} has no certificate "${name}"${near ? `; did you mean "${near}"?` : ''}`,
    ...(known.length > 0 && { help: `It has: ${known.join(', ')}` }),
  });
}
