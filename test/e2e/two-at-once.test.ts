/** Two runs of the program on the same store at the same moment. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from '../cli/workplace.ts';
import { times } from '../everything.ts';
import type { Run } from '../run-keepgate.ts';
import { days } from '../small-ca/policy.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

const rounds = times(10, 3);
const timeout = 900_000;

describe.concurrent.each(['issue', 'renew'] as const)('two of cert %s', (verb) => {
  const place = new Workplace();
  let ca: SmallCa;
  beforeAll(async () => {
    ca = await startSmallCa({ now: () => new Date() });
  });
  afterAll(() => ca?.stop());

  it(
    'ask for one certificate, and the second run finds it',
    async () => {
      const account = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos', '--webroot', 'webroot'];
      const host = ['--host', 'api.example.com'];
      for (let round = 1; round <= rounds; round++) {
        const run = (...args: string[]): Promise<Run> => {
          const common = ['--store', `store-${round}`, '--skip-preflight', '--no-reload'];
          return place.keepgate(['cert', ...args, ...common], { timeout: 120_000 });
        };
        if (verb === 'renew') {
          ca.policy.backdate = days(70);
          expect(await run('issue', ...host, ...account)).toMatchObject({ exitCode: 0 });
          ca.policy.backdate = 3_600_000;
        }
        const before = ca.issued.length;
        // So that the second one comes while the first one is at it.
        ca.faults.next('newOrder', { fault: 'meanwhile', before: () => delay(700) });
        const args = verb === 'issue' ? ['issue', ...host, ...account] : ['renew'];
        const both = await Promise.all([run(...args), run(...args)]);
        expect(both.map(({ exitCode, stderr }) => ({ exitCode, wrong: /error|warning/.test(stderr) }))).toEqual([
          { exitCode: 0, wrong: false },
          { exitCode: 0, wrong: false },
        ]);
        const said = both.map(({ stdout }) => /^api\.example\.com: (\w+)/.exec(stdout)?.[1]).sort();
        expect(said, `round ${round}`).toEqual(['issued', 'kept']);
        expect(ca.issued).toHaveLength(before + 1);
        expect(ca.orders).toBe(ca.issued.length);
      }
    },
    timeout,
  );
});
