import type { Diagnostic } from '../../../diagnostic.ts';
import { addressOf, handshake, namesOf } from '../reach.ts';
import type { Check } from '../subject.ts';

/** Whether the certificate of the store is the one that clients get. */
export const servedCertificate: Check = async (subject) => {
  const { fingerprints, httpsPort, proxy, keyStore } = subject;
  if (fingerprints.length === 0) return [];
  // Then the key store has the new one, and that it was not read is told with it.
  if (!proxy && keyStore?.leaf && fingerprints.includes(keyStore.leaf.fingerprint256)) return [];
  const outdated: Diagnostic[] = [];
  for (const name of namesOf(subject)) {
    const served = (await handshake(subject, addressOf(subject, name), httpsPort, name)).fingerprint;
    if (served === undefined || fingerprints.includes(served)) continue;
    outdated.push({
      code: 'domino-certificate-outdated',
      severity: 'error',
      message: `port ${httpsPort} serves another certificate for ${name} than the store has`,
      help: proxy
        ? 'Have nginx read it: sudo nginx -t && sudo systemctl reload nginx'
        : 'Export it again (keepgate cert export … --replace --keep-current), and on the console of Domino: tell restapi reload',
    });
  }
  return outdated;
};
