/** Revocation of a certificate (RFC 8555, section 7.6), without making or giving up an account for it. */
import { readCaFile } from './ca-file.ts';
import { makeClient } from './client.ts';
import { AcmeProblem } from './problem.ts';
import { openSession, type SessionOptions } from './session.ts';
import { openTransport } from './transport.ts';

export interface RevokeOptions extends Pick<SessionOptions, 'directory' | 'accounts' | 'signal'> {
  readonly now: () => Date;
}

export interface Revocation {
  /** DER. */
  readonly certificate: Buffer;
  /** A CRLReason of RFC 5280, section 5.3.1. */
  readonly reason: number;
  /** PKCS#8 PEM: signs the request, so that no account is needed. Without it the store's account does. */
  readonly key?: string | undefined;
}

/**
 * Resolves when the certificate is revoked, now or before.
 * @throws AcmeProblem, TransportFailure
 * @throws KeepgateError acme-account-missing, acme-ca-file (1), acme-account-files (4)
 */
export async function revoke({ certificate, reason, key }: Revocation, options: RevokeOptions): Promise<void> {
  try {
    if (key !== undefined) return await byKey({ certificate, reason, key }, options);
    const session = await openSession({ ...options, agreeToTerms: false, existingAccount: true });
    await session.revoke(certificate, reason).finally(session.close);
  } catch (error) {
    if (!(error instanceof AcmeProblem) || error.type !== 'alreadyRevoked') throw error;
  }
}

async function byKey(
  { certificate, reason, key }: Revocation & { readonly key: string },
  { directory: { url, caFile }, signal, now }: RevokeOptions,
): Promise<void> {
  const transport = openTransport({ ca: caFile === undefined ? undefined : readCaFile(caFile), signal, now });
  try {
    const client = await makeClient({ directoryUrl: url, transport, key, signal, now });
    await client.askWithKey(client.directory.revokeCert, { certificate: certificate.toString('base64url'), reason });
  } finally {
    transport.close();
  }
}
