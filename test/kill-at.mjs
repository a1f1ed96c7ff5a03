// Preloaded into keepgate (NODE_OPTIONS=--import): counts what it does that others can see, each change of a file and each request
// and answer, and kills the process at the one of this number (KEEPGATE_KILL_AT). At the end the numbers of the first request and of
// the last step go to the file KEEPGATE_KILL_COUNT; each step goes to KEEPGATE_KILL_TRACE before it is made.
// A test that imports it counts in its own process, and lets steps fail: see `steps`.
import fs from 'node:fs';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

const { appendFileSync, writeFileSync } = fs;
const killAt = Number(process.env.KEEPGATE_KILL_AT ?? 0);
const { KEEPGATE_KILL_COUNT: countFile, KEEPGATE_KILL_TRACE: traceFile } = process.env;
/** The step of the first request; 0 until then. */
let firstRequest = 0;

/** `count`: how many there were so far. `fails`: the code that the step of this number and name fails with, if it does. */
export const steps = {
  count: 0,
  /** @type {(number: number, operation: string) => string | undefined} */
  fails: () => undefined,
};

/** @param {string} operation @param {unknown} [on] */
const step = (operation, on = '') => {
  steps.count++;
  if (traceFile) appendFileSync(traceFile, `${steps.count} ${operation} ${on}\n`);
  if (steps.count === killAt) process.kill(process.pid, 'SIGKILL');
  const code = steps.fails(steps.count, operation);
  if (code !== undefined)
    throw Object.assign(new Error(`${code}: injected, ${operation} ${on}`), { code, path: String(on) });
};

const changing = /** @type {const} */ ([
  'writeSync',
  'fsync',
  'fsyncSync',
  'renameSync',
  'linkSync',
  'symlinkSync',
  'unlinkSync',
  'rmSync',
  'mkdirSync',
  'rmdirSync',
  'fchmodSync',
  'fchownSync',
  'truncateSync',
]);
for (const name of changing) {
  const original = /** @type {(...values: unknown[]) => unknown} */ (fs[name]);
  Object.assign(fs, {
    /** @param {unknown[]} values */
    [name]: (...values) => {
      step(name, values[0]);
      return original(...values);
    },
  });
}
const { openSync } = fs;
Object.assign(fs, {
  /** @param {[fs.PathLike, fs.OpenMode | undefined, fs.Mode | null | undefined]} values */
  openSync: (...values) => {
    const [path, flags] = values;
    if (typeof flags === 'number' && (flags & fs.constants.O_CREAT) !== 0) step('open', path);
    return openSync(...values);
  },
});

const { request } = https;
Object.assign(https, {
  /** @param {Parameters<typeof request>} values */
  request: (...values) => {
    firstRequest ||= steps.count + 1;
    step('request');
    const sent = request(...values);
    // Its answer has arrived, and nobody knows yet.
    sent.prependListener('response', () => step('answer'));
    return sent;
  },
});
syncBuiltinESMExports();

if (countFile) process.on('exit', () => writeFileSync(countFile, `${firstRequest} ${steps.count}`));
