/** Many certificates for one account, at a CA that refuses every second nonce (RFC 8555, section 6.5). */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Workplace } from '../cli/workplace.ts';
import { startPebble } from '../pebble.ts';

const timeout = 240_000;
const place = new Workplace();

/** For http-01; each site has a certificate of its own. */
const specOf = (sites: number): string =>
  [
    'version: 1',
    'acme: { challenge: http-01 }',
    'sites:',
    ...Array.from(
      { length: sites },
      (_, index) => `  s${index}: { hosts: [s${index}.example.com], upstream: "http://127.0.0.1:8080" }`,
    ),
    '',
  ].join('\n');

it.each([
  ['bookworm', 20],
  ['forky', 100],
] as const)(
  'pebble of Debian %s: all of %i',
  async (suite, sites) => {
    await using pebble = await startPebble({ suite, nonceReject: 50 });
    place.write(`${suite}.yaml`, specOf(sites));
    const ca = ['--directory', pebble.directory, '--ca-file', pebble.caFile, '--agree-tos', '--skip-preflight'];
    const how = ['--http-port', String(pebble.httpPort), '--concurrency', '8', '--no-reload', '--format', 'json'];
    const { exitCode, stdout, stderr } = await place.keepgate(
      ['cert', 'issue', `${suite}.yaml`, '--store', suite, ...ca, ...how],
      { timeout },
    );
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const { certificates } = JSON.parse(stdout) as { certificates: { name: string; result: string }[] };
    expect(certificates.filter(({ result }) => result === 'issued')).toHaveLength(sites);
    const serials = certificates.map(({ name }) => {
      const leaf = new X509Certificate(readFileSync(join(place.folder, suite, 'live', name, 'fullchain.pem')));
      expect(leaf.subjectAltName).toBe(`DNS:${name}.example.com`);
      return leaf.serialNumber;
    });
    expect(new Set(serials).size).toBe(sites);
    // One for each certificate, but for the nonces that were refused.
    expect(pebble.log().match(/POST \/finalize-order/g)?.length).toBeGreaterThan(sites);
  },
  timeout + 60_000,
);
