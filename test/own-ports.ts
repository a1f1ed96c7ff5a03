/**
 * Two files of tests run at once: neither is given a port that the other one was given and has not bound yet. With
 * KEEPGATE_TEST_PORTS, such as 15000-20000, two runs on one machine keep apart as well.
 */
import process from 'node:process';

const [from = 15_000, to = 32_000] = (process.env.KEEPGATE_TEST_PORTS ?? '').split('-').filter(Boolean).map(Number);
const middle = Math.floor((from + to) / 2);

process.env.KEEPGATE_PORTS = Number(process.env.VITEST_POOL_ID) % 2 === 1 ? `${from}-${middle}` : `${middle}-${to}`;
