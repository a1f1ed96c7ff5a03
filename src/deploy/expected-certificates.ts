/** Which certificates nginx has to serve once it has read a configuration. */
import { X509Certificate } from 'node:crypto';
import { readRegularFile } from '../files/regular-file.ts';
import type { ListenSocket, Site } from '../model/site.ts';
import type { ExpectedCertificate } from './served-certificate.ts';

/** What has to be known of a site. */
export interface ServedSite {
  readonly hosts: Site['hosts'];
  readonly listen: { readonly https: readonly Pick<ListenSocket, 'address'>[] };
  readonly tls: Pick<Site['tls'], 'certificate'>;
}

/** Handshakes are asked for again and again until all are right, so of many sites the first are enough. */
const most = 20;

/**
 * Of each site its first name, on its IPv4 sockets; `*` stands for any address, which loopback is one of. A certificate that can't
 * be read here is not expected.
 */
export function expectedCertificates(sites: readonly ServedSite[]): ExpectedCertificate[] {
  return sites.flatMap((site) => sockets(site, ipv4)).slice(0, most);
}

/** Of every site the same; on its IPv6 sockets where it has no others. Empty where no certificate can be asked for. */
export function certificatesOf(site: Site): ExpectedCertificate[] {
  const found = sockets(site, ipv4);
  return found.length > 0 ? found : sockets(site, ipv6);
}

const ipv4 = { form: /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d+)$/, any: '0.0.0.0', loopback: '127.0.0.1' };
const ipv6 = { form: /^\[([\da-f:.]+)\]:(\d+)$/i, any: '::', loopback: '::1' };

function sockets({ hosts, listen, tls }: ServedSite, { form, any, loopback }: typeof ipv4): ExpectedCertificate[] {
  const host = hosts.find((name) => !name.startsWith('*.') && !name.startsWith('['));
  const fingerprint = host && fingerprintOf(tls.certificate);
  if (host === undefined || !fingerprint) return [];
  return listen.https.flatMap(({ address }) => {
    const [, ip = any, port] = form.exec(address) ?? [];
    if (port === undefined) return [];
    return [{ host, address: ip === any ? loopback : ip, port: Number(port), fingerprint }];
  });
}

function fingerprintOf(path: string): string | undefined {
  const file = readRegularFile(path);
  if (file.state !== 'read') return undefined;
  try {
    return new X509Certificate(file.bytes).fingerprint256;
  } catch {
    return undefined;
  }
}
