import type { CertificateReport } from '../../../acme/look-over.ts';
import type { CertificateStore } from '../../../certs/store.ts';
import { certificateFiles } from '../../../model/store-paths.ts';
import { renewalDocument, versionDocument } from '../../certificate-documents.ts';

/** A certificate for other programs. Moments are RFC 3339 in UTC, the lifetime is in seconds. */
export function reportDocument(
  { version, renewal, memory, settings, ...report }: CertificateReport,
  store: CertificateStore,
): object {
  const { lastAttempt, lastError, ari, failures } = memory;
  return {
    ...report,
    ...certificateFiles(store.root, report.name),
    ...(version && { version: version.number, ...versionDocument(version.meta) }),
    ...(settings && { settings }),
    ...(renewal && { renewal: renewalDocument(renewal) }),
    ...(ari && { ari }),
    ...(failures > 0 && { failures }),
    ...(lastAttempt !== undefined && { lastAttempt }),
    ...(lastError && { lastError }),
  };
}
