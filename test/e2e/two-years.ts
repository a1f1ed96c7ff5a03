/** Two simulated years, or some months in a sample, of `cert renew`, twice a day, against the small CA, whose clock is the program's. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { times } from '../everything.ts';
import { keepgateAt } from '../in-process.ts';
import { memory } from '../memory.ts';
import { unavailable } from '../small-ca/faults.ts';
import { days } from '../small-ca/policy.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

const hour = 3_600_000;
const tick = 12 * hour;
const start = Date.parse('2027-01-01T00:00:00Z');
const middle = start + days(365);
const end = start + days(730);

/** So many renewals take their time, so the two years of the short ones go by at once. */
const stretches = times(
  [
    { lifetime: 90, begin: start, end },
    { lifetime: 45, begin: start, end },
    { lifetime: 6, begin: start, end: middle },
    { lifetime: 6, begin: middle, end },
  ],
  [
    { lifetime: 45, begin: start, end: middle },
    { lifetime: 6, begin: start, end: start + days(60) },
  ],
);

/** All at once: a renewal is mostly waiting. */
export function twoYears(ari: 'window' | 'none'): void {
  describe.concurrent.each(stretches)('certificates of $lifetime days, from $begin', ({ lifetime, begin, end }) => {
    const folder = mkdtempSync(join(memory(), 'keepgate-years-'));
    let clock = begin;
    let ca: SmallCa;
    beforeAll(async () => {
      ca = await startSmallCa({ now: () => new Date(clock), lifetime: days(lifetime), ari });
    });
    afterAll(async () => {
      await ca?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('are renewed in time, never twice, through an outage and with a clock an hour off', async () => {
      let skew = 0;
      const options = { now: () => new Date(clock + skew), cwd: folder };
      const common = ['--store', 'store', '--skip-preflight', '--no-reload', '--format', 'json'];
      const account = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos', '--webroot', 'webroot'];
      const first = await keepgateAt(['cert', 'issue', '--host', 'api.example.com', ...account, ...common], options);
      expect(first).toMatchObject({ exitCode: 0, stderr: '' });
      const served = () => {
        const meta = JSON.parse(readFileSync(join(folder, 'store/live/api.example.com/meta.json'), 'utf8'));
        return { notBefore: Date.parse(meta.notBefore), notAfter: Date.parse(meta.notAfter) };
      };
      let outageUntil = 0;
      let outages = 0;
      let isRecovering = false;
      /** When the program said that it would renew. */
      let renewAt = end;
      let runs = 0;
      for (clock = begin + tick; clock < end; clock += tick) {
        // Half an hour either way is what a clock that nobody sets drifts to; an hour is far more.
        skew = [0, hour, -hour][Math.floor(clock / days(20)) % 3] ?? 0;
        const { notBefore, notAfter } = served();
        expect(notAfter, `served at ${new Date(clock).toISOString()}`).toBeGreaterThan(clock);
        // Of the long stretches where nothing can happen, every eighth run is enough.
        const isQuiet = clock - notBefore > days(2) && notAfter - clock > days(lifetime) * 0.55;
        if (isQuiet && Math.round((clock - begin) / tick) % 8 !== 0) continue;
        // The CA goes away just when it may be needed, three times in all. A window around two thirds of the lifetime
        // leaves less than a third from its middle on: there it goes when that opens.
        const opens = notAfter - days(lifetime) * (1 / 3 + 1 / 50);
        const needed =
          ari === 'window' && lifetime > 10 ? clock >= opens && clock - tick < opens : clock + skew >= renewAt;
        if (needed && outages < 3 && clock > begin + (outages + 0.5) * ((end - begin) / 3)) {
          outages++;
          outageUntil = clock + days(lifetime) / 3;
          ca.faults.always('any', unavailable());
        }
        if (outageUntil !== 0 && clock >= outageUntil) {
          ca.faults.clear();
          outageUntil = 0;
          isRecovering = true;
        }
        const run = await keepgateAt(['cert', 'renew', ...common], options);
        runs++;
        if (outageUntil !== 0) continue;
        // The pause after the last failure may last on for a day.
        if (isRecovering && run.exitCode === 5) continue;
        expect(run).toMatchObject({ exitCode: 0 });
        isRecovering = false;
        renewAt = Date.parse(JSON.parse(run.stdout).certificates[0].renewal?.at ?? new Date(end).toISOString());
      }
      expect(outages).toBe(3);
      const { issued } = ca;
      const gaps = issued.slice(1).map(({ at }, index) => +at - +(issued[index]?.at ?? 0));
      const spans = gaps.map((gap) => gap / days(lifetime));
      spans.sort((a, b) => a - b);
      const [shortest = 0, usual = 0, longest = 0] = [spans[0], spans.at(-1 - outages), spans.at(-1)];
      console.info(
        `${lifetime} days, ARI ${ari}: ${issued.length} certificates, renewed after ${[shortest, usual, longest].map((span) => span.toFixed(2)).join(' / ')} of the lifetime (first / usual / after an outage); ${runs} runs, ${ca.requests.length} requests`,
      );
      const [early, late] = lifetime < 10 ? [0.45, 0.65] : [0.59, 0.72];
      expect(shortest).toBeGreaterThan(early);
      // Each outage delays one renewal.
      expect(usual).toBeLessThan(late);
      expect(longest).toBeLessThan(1);
      expect(ca.orders).toBe(issued.length);
    }, 1_800_000);
  });
}
