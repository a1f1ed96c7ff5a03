/** How much of a long test runs: a sample in `npm test`, all of it in `npm run test:all`. */
import process from 'node:process';

export const times = (all: number, sample: number): number => (process.env.KEEPGATE_TEST_ALL === '1' ? all : sample);
