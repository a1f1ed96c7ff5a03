// Preloaded into keepgate (NODE_OPTIONS=--import): counts what it does that others can see, each change of a file and each request
// and answer, and kills the process at the one of this number (KEEPGATE_KILL_AT). At the end the numbers of the
// first request and of the last step go to the file KEEPGATE_KILL_COUNT.
// Or lets it fail as the disk would, with KEEPGATE_FAIL_CODE: that of this number alone (KEEPGATE_FAIL_AT), or all from there on (KEEPGATE_FAIL_FROM).
import fs from 'node:fs';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

const { appendFileSync, writeFileSync } = fs;
const killAt = Number(process.env.KEEPGATE_KILL_AT ?? 0);
const { KEEPGATE_FAIL_AT: failAt, KEEPGATE_FAIL_FROM: failFrom, KEEPGATE_FAIL_CODE: failCode = 'ENOSPC' } = process.env;
const countFile = process.env.KEEPGATE_KILL_COUNT;
let count = 0;
/** The step of the first request; 0 until then. */
let firstRequest = 0;

/** @param {string} what */
const step = (what) => {
  count++;
  if (process.env.KEEPGATE_KILL_TRACE) appendFileSync(process.env.KEEPGATE_KILL_TRACE, `${count} ${what}\n`);
  if (count === killAt) process.kill(process.pid, 'SIGKILL');
  if (count === Number(failAt) || (failFrom && count >= Number(failFrom)))
    throw Object.assign(new Error(`${failCode}: injected, ${what}`), { code: failCode, path: what.split(' ')[1] });
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
  'truncateSync',
]);
for (const name of changing) {
  const original = /** @type {(...values: unknown[]) => unknown} */ (fs[name]);
  Object.assign(fs, {
    /** @param {unknown[]} values */
    [name]: (...values) => {
      step(`${name} ${String(values[0])}`);
      return original(...values);
    },
  });
}
const { openSync } = fs;
Object.assign(fs, {
  /** @param {[fs.PathLike, fs.OpenMode | undefined, fs.Mode | null | undefined]} values */
  openSync: (...values) => {
    const [path, flags] = values;
    if (typeof flags === 'number' && (flags & fs.constants.O_CREAT) !== 0) step(`open ${path}`);
    return openSync(...values);
  },
});

const { request } = https;
Object.assign(https, {
  /** @param {Parameters<typeof request>} values */
  request: (...values) => {
    firstRequest ||= count + 1;
    step('request');
    const sent = request(...values);
    // Its answer has arrived, and nobody knows yet.
    sent.prependListener('response', () => step('answer'));
    return sent;
  },
});
syncBuiltinESMExports();

if (countFile) process.on('exit', () => writeFileSync(countFile, `${firstRequest} ${count}`));
