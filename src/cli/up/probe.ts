/** Whether the sites can be seen from here, over HTTPS, with the certificate that they should have. */
import { request } from 'node:https';
import { certificatesOf } from '../../deploy/expected-certificates.ts';
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

/** Sockets that are asked at once. */
const batch = 20;

/** Asks every site; what can't be asked is named. */
export async function probe(sites: readonly Site[]): Promise<{ probes: Probe[]; diagnostics: Diagnostic[] }> {
  const wanted = sites.map((site) => ({ site, expected: certificatesOf(site) }));
  const all = wanted.flatMap(({ expected }) => expected);
  const results: Awaited<ReturnType<typeof probeOne>>[] = [];
  for (let at = 0; at < all.length; at += batch)
    results.push(...(await Promise.all(all.slice(at, at + batch).map(probeOne))));
  const left = wanted.flatMap(({ site, expected }) => (expected.length === 0 ? [site.name] : []));
  const diagnostics = [...results.flatMap(({ diagnostics }) => diagnostics), ...notProbed(left)];
  return { probes: results.map(({ seen }) => seen), diagnostics };
}

function notProbed(names: readonly string[]): Diagnostic[] {
  if (names.length === 0) return [];
  const message = `not looked at over HTTPS: ${names.join(', ')}`;
  const help =
    'A site is asked for by a name that is no wildcard, on its TCP sockets, where its certificate can be read. Look yourself: curl -v';
  return [{ code: 'probe-skipped', severity: 'info', message, help }];
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
  const finding = findingOf(status);
  return {
    seen: { host, address, port, status },
    diagnostics: finding ? [{ ...finding, message: `${place}: ${finding.message}` }] : [],
  };
}

function findingOf(status: number | undefined): Diagnostic | undefined {
  if (status === undefined)
    return {
      code: 'probe-no-answer',
      severity: 'warning',
      message: `the certificate is served, and GET / has no answer within ${limit / 1000} s`,
      help: 'See whether the service behind it is slow or closes the connection: the error log of nginx, and curl -v',
    };
  if (status !== 502 && status !== 504) return undefined;
  return {
    code: 'probe-backend-silent',
    severity: 'warning',
    message: `nginx answers ${status}, since the service behind it does not`,
    help: 'Start it; nothing has to be done here after that.',
  };
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
