/** What Let's Encrypt takes into one certificate, before it is asked. Pure. */
import { isIP } from 'node:net';
import type { CertificateSettings } from '../certs/settings.ts';
import { KeepgateError } from '../diagnostic.ts';
import { isLetsEncrypt } from '../lint/lets-encrypt.ts';

/** letsencrypt.org/docs/profiles. @throws KeepgateError acme-too-many-names, acme-ip-address (1), as the rules of these names for specs */
export function checkNames({ names, directory, profile }: CertificateSettings): void {
  if (!isLetsEncrypt({ ...(directory !== undefined && { directory }) })) return;
  const isSmall = profile === 'tlsserver' || profile === 'shortlived';
  const most = isSmall ? 25 : 100;
  if (names.length > most)
    throw new KeepgateError(1, {
      code: 'acme-too-many-names',
      message: `Let's Encrypt puts ${most} names into a certificate${isSmall ? ` in the profile ${profile}` : ''}, and these are ${names.length}`,
      help: 'Spread them over several certificates, or use a wildcard, which needs dns-01.',
    });
  const address = names.find((name) => isIP(name) !== 0);
  if (address !== undefined && profile !== 'shortlived')
    throw new KeepgateError(1, {
      code: 'acme-ip-address',
      message: `Let's Encrypt certifies the address ${address} only in the profile shortlived`,
      help: 'Give --profile shortlived, or acme.profile in the spec.',
    });
}
