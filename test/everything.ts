/** How much of a long test runs: a sample in `npm test`, all of it in `npm run test:all`. */
import process from 'node:process';

const everything = process.env.KEEPGATE_TEST_ALL === '1';

/** The whole count, or the count of the sample. */
export const times = <T>(all: T, sample: T): T => (everything ? all : sample);

/** Every number from 1 to this one; or so many of them, one out of each equal part, which the seed decides. */
export function stepsUpTo(last: number, sample: number): number[] {
  if (everything || last <= sample) return Array.from({ length: last }, (_, index) => index + 1);
  const seed = Number(process.env.KEEPGATE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const size = last / sample;
  const steps = Array.from({ length: sample }, (_, index) => {
    const within = (Math.imul(seed + index, 2_654_435_761) >>> 0) / 2 ** 32;
    return 1 + Math.floor((index + within) * size);
  });
  console.info(`steps ${steps.join(', ')} of ${last}: KEEPGATE_TEST_SEED=${seed}`);
  return steps;
}
