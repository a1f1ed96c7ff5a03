import { describe, expect, it } from 'vitest';
import { stepsUpTo } from '../everything.ts';
import { killAtEach, stepsOf } from './crash.ts';

/** Several at once: a run is mostly waiting. */
const lanes = 6;
const timeout = 900_000;

describe('a run that is killed at any change of a file, request or answer: the next one goes on', () => {
  it(
    'with one certificate and one order, in the place of a stand-in',
    async () => {
      const { all } = await stepsOf('stand-in');
      expect(all).toBeGreaterThan(100);
      const steps = stepsUpTo(all, 14);
      expect(await killAtEach('stand-in', steps, lanes)).toEqual([]);
      console.info(`an issuance was killed at ${steps.length} of ${all} steps`);
    },
    timeout,
  );

  it(
    'the same in an empty store, which differs until the CA is asked',
    async () => {
      const { firstRequest } = await stepsOf('nothing');
      expect(firstRequest).toBeGreaterThan(10);
      expect(await killAtEach('nothing', stepsUpTo(firstRequest, 12), lanes)).toEqual([]);
    },
    timeout,
  );

  it(
    'and renews, while the certificate before is served',
    async () => {
      const { all } = await stepsOf('certificate');
      expect(all).toBeGreaterThan(100);
      const steps = stepsUpTo(all, 14);
      expect(await killAtEach('certificate', steps, lanes)).toEqual([]);
      console.info(`a renewal was killed at ${steps.length} of ${all} steps`);
    },
    timeout,
  );
});
