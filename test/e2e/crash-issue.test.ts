import { describe, expect, it } from 'vitest';
import { issueKilledAt } from './crash.ts';

/** Two at once: a run is mostly waiting. */
const lanes = 3;

describe('an issuance that is killed', () => {
  it('at any change of a file, request or answer goes on at the next run: one certificate, one order', async () => {
    const steps = await issueKilledAt(0);
    expect(steps).toBeGreaterThan(60);
    const failed: string[] = [];
    let next = 1;
    const lane = async () => {
      for (let step = next++; step <= steps; step = next++)
        await issueKilledAt(step).catch((error: unknown) => failed.push(`step ${step}: ${error}`));
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    console.info(`killed at each of ${steps} steps`);
    expect(failed).toEqual([]);
  }, 1_200_000);
});
