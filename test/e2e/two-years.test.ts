/** Two simulated years of `cert renew`, twice a day, against the small CA, whose clock is the program's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from '../cli/workplace.ts';
import { keepgateAt } from '../in-process.ts';
import { unavailable } from '../small-ca/faults.ts';
import { days } from '../small-ca/policy.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

const tick = 43_200_000;
const begin = Date.parse('2027-01-01T00:00:00Z');
const end = begin + days(730);

interface Year {
  readonly lifetime: number;
  readonly ari: 'window' | 'none';
}

const cases: readonly Year[] = [90, 45, 6].flatMap((lifetime) => [
  { lifetime, ari: 'window' as const },
  { lifetime, ari: 'none' as const },
]);

describe.concurrent.each(cases)('certificates of $lifetime days, ARI: $ari', ({ lifetime, ari }) => {
  const place = new Workplace();
  let clock = begin;
  let skew = 0;
  let ca: SmallCa;
  beforeAll(async () => {
    ca = await startSmallCa({ now: () => new Date(clock), lifetime: days(lifetime), ari });
  });
  afterAll(() => ca?.stop());

  it('are renewed in time, never twice, through an outage and with a clock an hour off', async () => {
    const options = { now: () => new Date(clock + skew), cwd: place.folder };
    const common = ['--store', 'store', '--skip-preflight', '--no-reload', '--format', 'json'];
    const account = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos'];
    const first = await keepgateAt(
      ['cert', 'issue', '--host', 'api.example.com', ...account, '--webroot', 'webroot', ...common],
      options,
    );
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    const outageLength = days(lifetime) / 3;
    let outageUntil = 0;
    let outages = 0;
    const served = () => {
      const meta = JSON.parse(readFileSync(join(place.folder, 'store/live/api.example.com/meta.json'), 'utf8'));
      return { notBefore: Date.parse(meta.notBefore), notAfter: Date.parse(meta.notAfter) };
    };
    const codes = new Set<number | undefined>();
    for (clock = begin + tick; clock < end; clock += tick) {
      // Half an hour either way is what a clock that nobody sets drifts to; an hour is far more.
      skew = [0, 3_600_000, -3_600_000][Math.floor(clock / days(20)) % 3] ?? 0;
      const { notAfter } = served();
      expect(notAfter, `served at ${new Date(clock).toISOString()}`).toBeGreaterThan(clock);
      // The CA is away just when its answer is needed, three times in two years.
      const isNear = notAfter - clock < days(lifetime) * (lifetime < 10 ? 0.55 : 0.37);
      if (isNear && outages < 3 && clock > begin + (outages + 0.5) * days(240)) {
        outages++;
        outageUntil = clock + outageLength;
        ca.faults.always('any', unavailable());
      }
      if (outageUntil !== 0 && clock >= outageUntil) {
        ca.faults.clear();
        outageUntil = 0;
      }
      const { exitCode, stderr, stdout } = await keepgateAt(['cert', 'renew', ...common], options);
      codes.add(exitCode);
      if (outageUntil === 0) expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0 });
    }
    expect(outages).toBe(3);
    const issued = ca.issued;
    const gaps = issued.slice(1).map(({ at }, index) => +at - +(issued[index]?.at ?? 0));
    const spans = gaps.map((gap) => gap / days(lifetime));
    console.info(
      `${lifetime} days, ARI ${ari}: ${issued.length} certificates, renewed after ${Math.min(...spans).toFixed(2)} to ${Math.max(...spans).toFixed(2)} of the lifetime; exit codes ${[...codes].sort().join(', ')}; ${ca.requests.length} requests`,
    );
    expect(Math.min(...spans)).toBeGreaterThan(0.45);
    expect(Math.max(...spans)).toBeLessThan(1);
    expect(ca.orders).toBe(issued.length);
  }, 400_000);
});
