/** Whether the sites can be seen from here, over HTTPS, with the certificate that they should have. */
import { request } from 'node:https';
import { expectedCertificates } from '../../deploy/expected-certificates.ts';
import { askForCertificate, type ExpectedCertificate, isServed } from '../../deploy/served-certificate.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Site } from '../../model/site.ts';

export interface Probe {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Of `GET /`; undefined when there was no answer. */
  readonly status: number | undefined;
}

/** Milliseconds for a handshake, and for an answer. */
const limit = 5_000;

export async function probe(sites: readonly Site[]): Promise<{ probes: Probe[]; diagnostics: Diagnostic[] }> {
  const results = await Promise.all(expectedCertificates(sites).map(probeOne));
  return { probes: results.map(({ seen }) => seen), diagnostics: results.flatMap(({ diagnostics }) => diagnostics) };
}

async function probeOne(expected: ExpectedCertificate): Promise<{ seen: Probe; diagnostics: Diagnostic[] }> {
  const { host, address, port } = expected;
  const place = `${host} at ${address}:${port}`;
  const served = await askForCertificate(expected, limit);
  if (!isServed(served)) {
    const what =
      served.served === undefined ? `there is no handshake (${served.failure})` : 'another certificate is served';
    const help = 'See whether nginx runs, and whether another server block has this name: nginx -T';
    const wrong: Diagnostic = { code: 'probe-failed', severity: 'error', message: `${place}: ${what}`, help };
    return { seen: { host, address, port, status: undefined }, diagnostics: [wrong] };
  }
  const status = await statusOf(host, address, port);
  const dead = status === 502 || status === 504;
  const silent: Diagnostic = {
    code: 'probe-backend-silent',
    severity: 'warning',
    message: `${place}: nginx answers ${status}, since the service behind it does not`,
    help: 'Start it; nothing has to be done here after that.',
  };
  return { seen: { host, address, port, status }, diagnostics: dead ? [silent] : [] };
}

/** The certificate is compared before, byte by byte, so whose root signed it doesn't matter here. */
function statusOf(host: string, address: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host: address,
        port,
        path: '/',
        servername: host,
        headers: { Host: host },
        rejectUnauthorized: false,
        agent: false,
      },
      (response) => {
        response.destroy();
        resolve(response.statusCode);
      },
    );
    asked.setTimeout(limit, () => asked.destroy(new Error('no answer')));
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
