// @ts-check
// How much time a program takes, with everything that it starts.
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

/** bash counts what it has waited for. Output goes to /dev/null, so that no reader's time is in it. */
const script = (/** @type {string} */ then) => `
TIMEFORMAT='%3U %3S %3R' repeat=$1
shift
time {
  for ((i = 0; i < repeat; i++)); do "$@" 2>&1 >/dev/null || exit; done
  ${then}
}`;

/**
 * bubblewrap does not wait for the program that it runs, whose time would be nobody's: so bash is the first process of a
 * namespace, who inherits it, and looks until it is alone there.
 */
const untilAlone = 'while set -- /proc/[0-9]* && (($# > 1)); do sleep 0.05; done';
const asFirstProcess = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-current-user']),
  ...['--pid', '--fork', '--mount-proc'],
];

/** @typedef {{ cwd: string, repeat?: number, orphans?: boolean, env?: NodeJS.ProcessEnv }} TimeOptions */

/**
 * User and system time of one run (`cpu`), and what passed meanwhile (`wall`), in milliseconds, the mean of `repeat`.
 * `orphans`: it leaves processes for others to wait for.
 *
 * @param {readonly string[]} command
 * @param {TimeOptions} options
 * @returns {Promise<{ cpu: number, wall: number }>}
 * @throws {Error} when the command fails, with what it said
 */
export const timesOf = async (command, { cwd, repeat = 1, orphans = false, env = process.env }) => {
  const bash = ['bash', '-c', script(orphans ? untilAlone : ''), 'bash', String(repeat), ...command];
  const [program = '', ...args] = orphans ? [...asFirstProcess, ...bash] : bash;
  try {
    const { stderr } = await promisify(execFile)(program, args, { cwd, env: { ...env, LC_ALL: 'C' } });
    const [user, system, wall] = /^(\S+) (\S+) (\S+)\n$/.exec(stderr)?.slice(1).map(Number) ?? [];
    if (user === undefined || system === undefined || wall === undefined)
      throw new Error(`bash's time said: ${stderr}`);
    return { cpu: ((user + system) * 1000) / repeat, wall: (wall * 1000) / repeat };
  } catch (error) {
    const { message, stdout = '' } = /** @type {Error & { stdout?: string }} */ (error);
    throw new Error(`${command.join(' ')}: ${stdout || message}`);
  }
};

/**
 * The processor time alone.
 *
 * @param {readonly string[]} command
 * @param {TimeOptions} options
 */
export const cpuOf = async (command, options) => (await timesOf(command, options)).cpu;
