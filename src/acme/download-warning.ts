/** What can be said against a certificate that a CA sent, and that is served all the same. */
import { X509Certificate } from 'node:crypto';
import { isSelfSigned, isSignedBy } from '../certs/chain.ts';
import { pemBlocks } from '../certs/pem.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { readCaFile } from './ca-file.ts';
import type { DirectoryChoice } from './directory.ts';

/**
 * A finding of `checkVersion` as it is told about a download. Undefined for a lone certificate that lacks nothing: the root of a
 * private CA, as `caFile` shows it, may sign those of servers itself.
 */
export function downloadWarning(
  finding: Diagnostic,
  fullchain: string,
  { caFile }: Pick<DirectoryChoice, 'caFile'>,
): Diagnostic | undefined {
  if (finding.code !== 'certificate-no-chain') return finding;
  if (caFile !== undefined && isSignedByRootOf(caFile, fullchain)) return undefined;
  return {
    ...finding,
    help: "The CA's answer had no more, and many clients refuse it so. `--force` gets another; where the root of a private CA signs by itself, name it as caFile.",
  };
}

function isSignedByRootOf(caFile: string, certificate: string): boolean {
  const leaf = new X509Certificate(certificate);
  return pemBlocks(Buffer.from(readCaFile(caFile)))
    .map(({ text }) => new X509Certificate(text))
    .some((root) => isSelfSigned(root) && isSignedBy(leaf, root));
}
