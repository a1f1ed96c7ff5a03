import { handshake } from '../reach.ts';
import type { Check } from '../subject.ts';

/** Whether the certificate of the store is the one that clients get. */
export const servedCertificate: Check = async (subject) => {
  const { fingerprints, hosts, address, httpsPort, proxy } = subject;
  if (fingerprints.length === 0) return [];
  const served = (await handshake(subject, address, httpsPort)).fingerprint;
  if (served === undefined || fingerprints.includes(served)) return [];
  return [
    {
      code: 'domino-certificate-outdated',
      severity: 'error',
      message: `port ${httpsPort} serves another certificate for ${hosts[0]} than the store has`,
      help: proxy
        ? 'Have nginx read it: sudo nginx -t && sudo systemctl reload nginx'
        : 'Export it again (keepgate cert export … --replace --keep-current), and on the console of Domino: tell restapi reload',
    },
  ];
};
