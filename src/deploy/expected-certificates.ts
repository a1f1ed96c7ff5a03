/** Which certificates nginx has to serve once it has read a configuration. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Site } from '../model/site.ts';
import type { ExpectedCertificate } from './served-certificate.ts';

/** Handshakes are asked for again and again until all are right, so of many sites the first are enough. */
const most = 20;

/**
 * Of each site its first name, on its IPv4 sockets; `*` stands for any address, which loopback is one of. A certificate that can't
 * be read here is not expected.
 */
export function expectedCertificates(sites: readonly Site[]): ExpectedCertificate[] {
  return sites
    .flatMap(({ hosts, listen, tls }) => {
      const host = hosts.find((name) => !name.startsWith('*.') && !name.startsWith('['));
      const fingerprint = host && fingerprintOf(tls.certificate);
      if (host === undefined || !fingerprint) return [];
      return listen.https.flatMap(({ address }) => {
        const [, ip, port] = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d+)$/.exec(address) ?? [];
        if (port === undefined) return [];
        return [{ host, address: ip ?? '127.0.0.1', port: Number(port), fingerprint }];
      });
    })
    .slice(0, most);
}

function fingerprintOf(path: string): string | undefined {
  try {
    return new X509Certificate(readFileSync(path)).fingerprint256;
  } catch {
    return undefined;
  }
}
