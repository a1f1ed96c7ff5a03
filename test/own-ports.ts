/** Two files of tests run at once: neither is given a port that the other one was given and has not bound yet. */
import process from 'node:process';

process.env.KEEPGATE_PORTS = Number(process.env.VITEST_POOL_ID) % 2 === 1 ? '15000-23500' : '23500-32000';
