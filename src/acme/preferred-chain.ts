import { X509Certificate } from 'node:crypto';
import { pemBlocks } from '../certs/pem.ts';
import { KeepgateError } from '../diagnostic.ts';
import type { AcmeSession } from './session.ts';

/**
 * The full chain at the URL, or of its alternates (RFC 8555, section 7.4.2) the one that leads to the issuer of this common name.
 * @throws KeepgateError preferred-chain-missing (1) when no chain does
 */
export async function downloadChain(
  session: Pick<AcmeSession, 'certificate'>,
  url: string,
  preferred: string | undefined,
): Promise<string> {
  const { fullchain, alternates } = await session.certificate(url);
  if (preferred === undefined || leadsTo(fullchain, preferred)) return fullchain;
  const offered = [topOf(fullchain)];
  for (const alternate of alternates) {
    const other = (await session.certificate(alternate)).fullchain;
    if (leadsTo(other, preferred)) return other;
    offered.push(topOf(other));
  }
  throw new KeepgateError(1, {
    code: 'preferred-chain-missing',
    message: `no chain of the CA leads to "${preferred}"; they lead to ${offered.map((name) => `"${name}"`).join(', ')}`,
    help: 'Prefer one of these, or none. The certificate is issued already; the next run downloads it, and orders no second one.',
  });
}

const commonName = (name: string): string => /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ', ');

const certificates = (fullchain: string): X509Certificate[] =>
  pemBlocks(Buffer.from(fullchain)).map(({ text }) => new X509Certificate(text));

/** The one that signed the last certificate: the root, which a chain leaves out. */
const topOf = (fullchain: string): string => commonName(certificates(fullchain).at(-1)?.issuer ?? '');

const leadsTo = (fullchain: string, name: string): boolean =>
  certificates(fullchain).some(({ issuer }) => commonName(issuer) === name);
