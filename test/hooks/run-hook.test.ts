import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { runHook } from '../../src/hooks/run-hook.ts';
import { hookFolder } from './hook-folder.ts';

const { at, script } = hookFolder();
const timeLimit = 20_000;

/** The programs that run with this word among their arguments. */
const running = (word: string) =>
  readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return false;
    try {
      return readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(word);
    } catch {
      return false;
    }
  });
const gone = (word: string) => expect.poll(() => running(word), { timeout: 10_000, interval: 20 }).toEqual([]);

it('gets its arguments and variables, a search path, and nothing of ours', async () => {
  process.env.KEEPGATE_TEST_SECRET = 'hush';
  const command = script('env; pwd; printf "%s\\n" "$#" "$@"; cat; echo aside >&2');
  const result = await runHook({ command, args: ['a b', '$HOME', ''], env: { GIVEN: 'x y' }, timeLimit });
  delete process.env.KEEPGATE_TEST_SECRET;
  expect(result).toMatchObject({ ok: true, exitCode: 0, timedOut: false, stderr: 'aside\n' });
  const lines = result.stdout.split('\n').filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line));
  expect(lines.sort()).toEqual(
    [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...[`HOME=${homedir()}`, 'LANG=C.UTF-8', 'GIVEN=x y', '/', '3', 'a b', '$HOME', '', ''],
    ].sort(),
  );
});

it('fails with its own exit code, or the signal that ended it', async () => {
  expect(await runHook({ command: script('echo why >&2; exit 7'), timeLimit })).toMatchObject({
    ...{ ok: false, exitCode: 7, timedOut: false, stderr: 'why\n' },
  });
  expect(await runHook({ command: script('kill -TERM $$'), timeLimit })).toMatchObject({
    ...{ ok: false, exitCode: undefined, killedBy: 'SIGTERM' },
  });
});

it('is ended at the time limit with all that it has started', async () => {
  const command = script(`echo begun; sleep 98.7654 & sleep 98.7654; echo never`);
  const result = await runHook({ command, timeLimit: 6000 });
  expect(result).toMatchObject({ ok: false, timedOut: true, killedBy: 'SIGKILL', stdout: 'begun\n' });
  await gone('98.7654');
});

it('is ended when it is aborted', async () => {
  const controller = new AbortController();
  const command = script(`echo > ${at('begun')}; sleep 97.6543`);
  const ended = expect(runHook({ command, timeLimit, signal: controller.signal })).rejects.toThrow('enough');
  await expect.poll(() => readdirSync(at('')), { timeout: 10_000 }).toContain('begun');
  controller.abort(new Error('enough'));
  await ended;
  await gone('97.6543');
  await expect(runHook({ command, timeLimit, signal: controller.signal })).rejects.toThrow('enough');
});

it('may leave a program behind that holds its output', async () => {
  const command = script('echo $$; sleep 96.5432 &');
  const result = await runHook({ command, timeLimit });
  expect(result).toMatchObject({ ok: true, timedOut: false });
  await expect.poll(() => running('96.5432'), { timeout: 10_000 }).toHaveLength(1);
  process.kill(-Number(result.stdout), 'SIGKILL');
});

it('keeps the last of a long output', async () => {
  const command = script('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i + 1)); done');
  const { ok, stdout } = await runHook({ command, timeLimit });
  expect(ok).toBe(true);
  expect(stdout).toHaveLength(65_536);
  expect(stdout.endsWith('line 19998\nline 19999\n')).toBe(true);
});

it('says that its interpreter is not there', async () => {
  const path = script('');
  writeFileSync(path, '#!/no/such/interpreter\n');
  chmodSync(path, 0o755);
  await expect(runHook({ command: path, timeLimit })).rejects.toMatchObject({
    exitCode: 4,
    diagnostic: { code: 'hook-not-executable', message: expect.stringContaining("can't be started (ENOENT)") },
  });
});

describe('before it runs', () => {
  it('is checked', async () => {
    const command = script(`echo > ${at('ran')}`, 'hook', 0o777);
    await expect(runHook({ command, timeLimit })).rejects.toMatchObject({ diagnostic: { code: 'hook-unsafe' } });
    expect(readdirSync(at(''))).toEqual(['hook']);
  });
});
