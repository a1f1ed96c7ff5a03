import { describe, expect, it } from 'vitest';
import { type Before, killedAt } from './crash.ts';

/** Several at once: a run is mostly waiting. */
const lanes = 6;

describe('a run that is killed at any change of a file, request or answer', () => {
  it.each<[string, Before]>([
    ['an issuance into an empty store', 'nothing'],
    ['an issuance that takes the place of a stand-in', 'stand-in'],
    ['a renewal', 'certificate'],
  ])(
    '%s: the next one goes on, with one certificate and one order',
    async (_, before) => {
      const steps = await killedAt(before, 0);
      expect(steps).toBeGreaterThan(60);
      const failed: string[] = [];
      let next = 1;
      const lane = async () => {
        for (let step = next++; step <= steps; step = next++)
          await killedAt(before, step).catch((error: unknown) => failed.push(`step ${step}: ${error}`));
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      console.info(`killed at each of ${steps} steps`);
      expect(failed).toEqual([]);
    },
    600_000,
  );
});
