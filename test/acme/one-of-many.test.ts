/** `cert renew` of several certificates, one of which is damaged, or has a deploy hook that does not succeed. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keepgateAt } from '../in-process.ts';
import { memory } from '../memory.ts';
import { runKeepgate } from '../run-keepgate.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

let ca: SmallCa;
let folder: string;
let clock = Date.parse('2027-01-01T00:00:00Z');
const day = 86_400_000;
beforeAll(async () => {
  ca = await startSmallCa({ now: () => new Date(clock) });
});
afterAll(() => ca?.stop());
beforeEach(() => {
  folder = mkdtempSync(join(memory(), 'keepgate-many-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

const common = ['--store', 'store', '--skip-preflight', '--no-reload'];
const issuing = (name: string, ...words: string[]) => [
  ...['cert', 'issue', '--host', name, '--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos'],
  ...['--webroot', 'webroot', ...common, ...words],
];
const here = (words: readonly string[]) => keepgateAt(words, { now: () => new Date(clock), cwd: folder });
const issue = async (name: string, ...words: string[]) =>
  expect(await here(issuing(name, ...words))).toMatchObject({ exitCode: 0 });
const renew = (...words: string[]) => here(['cert', 'renew', ...common, ...words]);
const renewed = async () => {
  const { exitCode, stdout } = await renew('--format', 'json');
  return { exitCode, certificates: JSON.parse(stdout).certificates };
};
const own = (name: string, ...path: string[]) => join(folder, 'store/certificates', name, ...path);
const live = (name: string) => readFileSync(join(folder, 'store/live', name, 'cert.pem'), 'utf8');
const names = ['a.example', 'b.example', 'c.example'];

describe('one that is damaged', () => {
  beforeEach(async () => {
    for (const name of names) await issue(name);
    clock += 80 * day;
  });

  it.each([
    ['versions/1/meta.json', 'not JSON'],
    ['versions/1/fullchain.pem', 'not PEM'],
    ['pending.json', '{}'],
    ['settings.json', '{'],
    ['settings.json', '{"origin": "acme"}'],
  ])('%s: the others are renewed and switched to, and the outcome says what is wrong', async (file, text) => {
    const before = live('c.example');
    writeFileSync(own('b.example', file), text);
    const { exitCode, certificates } = await renewed();
    expect(exitCode).toBe(4);
    expect(certificates).toMatchObject([
      { name: 'a.example', result: 'issued', version: 2 },
      {
        name: 'b.example',
        result: 'failed',
        error: { code: 'store-damaged', help: expect.stringContaining('backup') },
      },
      { name: 'c.example', result: 'issued', version: 2 },
    ]);
    expect(certificates[1].error.message).toContain(join('b.example', file));
    expect(live('c.example')).not.toBe(before);
    const { stdout, stderr, exitCode: again } = await renew();
    expect({ again, stderr }).toEqual({ again: 4, stderr: expect.stringContaining('help: ') });
    expect(stdout).toMatch(/^a\.example: kept.*\nb\.example: failed: .* is damaged: .*\nc\.example: kept/);
  });

  it('a folder in the place of the link', async () => {
    unlinkSync(join(folder, 'store/live/b.example'));
    mkdirSync(join(folder, 'store/live/b.example'));
    const orders = ca.orders;
    const { exitCode, certificates } = await renewed();
    expect(exitCode).toBe(4);
    expect(certificates).toMatchObject([
      { result: 'issued' },
      { error: { code: 'store-damaged' } },
      { result: 'issued' },
    ]);
    expect(ca.orders).toBe(orders + 2);
    expect((await renewed()).certificates).toMatchObject([{ result: 'kept' }, {}, { result: 'kept' }]);
  });

  it('cert.pem, which nothing depends on, is renewed like the others', async () => {
    unlinkSync(own('b.example', 'versions/1/cert.pem'));
    const { exitCode, certificates } = await renewed();
    expect(exitCode).toBe(0);
    expect(certificates).toMatchObject([{ result: 'issued' }, { result: 'issued' }, { result: 'issued' }]);
  });

  it('settings: asking for it as at first mends them, although it is not due', async () => {
    await renewed();
    writeFileSync(own('b.example', 'settings.json'), '{');
    await issue('b.example');
    expect((await renewed()).exitCode).toBe(0);
  });
});

describe('a deploy hook', () => {
  const calls = () => readFileSync(join(folder, 'hook.calls'), 'utf8').split('\n').slice(0, -1);
  const hook = (body: string): string => {
    const path = join(folder, 'hook');
    writeFileSync(path, `#!/bin/sh\necho called >> "$0.calls"\n${body}\n`, { mode: 0o755 });
    return path;
  };

  it('that fails is called again by each renewal until it succeeds', async () => {
    await issue('b.example');
    const failing = await here(issuing('a.example', '--deploy-hook', hook('echo no >&2; exit 3'), '--format', 'json'));
    expect(failing.exitCode).toBe(4);
    expect(JSON.parse(failing.stdout).certificates).toMatchObject([
      { result: 'issued', diagnostics: [{ code: 'deploy-hook-failed', help: expect.stringContaining('cert renew') }] },
    ]);
    expect(await renewed()).toMatchObject({
      exitCode: 4,
      certificates: [{ result: 'kept', diagnostics: [{ code: 'deploy-hook-failed' }] }, { result: 'kept' }],
    });
    expect((await renew('--no-hooks')).exitCode).toBe(0);
    expect(calls()).toHaveLength(2);
    hook('');
    expect(await renewed()).toMatchObject({ exitCode: 0 });
    expect((await renewed()).exitCode).toBe(0);
    expect(calls()).toHaveLength(3);
  });

  it('that was owed still is after the next renewal, whose issuance forgets the failures', async () => {
    const path = hook('exit 1');
    expect((await here(issuing('a.example', '--deploy-hook', path))).exitCode).toBe(4);
    clock += 80 * day;
    expect((await renew('--no-hooks')).exitCode).toBe(0);
    hook('');
    expect((await renewed()).certificates).toMatchObject([{ result: 'kept', version: 2 }]);
    expect(calls()).toHaveLength(2);
  });

  it('that is not safe any more is an error until it is', async () => {
    const path = hook('');
    await issue('a.example', '--deploy-hook', path);
    await issue('a.example', '--deploy-hook', path, '--force', '--no-hooks');
    expect(calls()).toHaveLength(1);
    // It takes itself away from those that may be run, once.
    hook('chmod go+w "$0"; exit 1');
    expect((await here(issuing('a.example', '--deploy-hook', path, '--force'))).exitCode).toBe(4);
    expect(await renewed()).toMatchObject({
      exitCode: 4,
      certificates: [{ result: 'kept', diagnostics: [{ code: 'hook-unsafe' }] }],
    });
    expect(calls()).toHaveLength(2);
  });

  it('during which the run is killed is called by the next run', async () => {
    const path = hook('[ -e "$0.killed" ] || { touch "$0.killed"; kill -KILL $PPID; }');
    clock = Date.now();
    const { exitCode } = await runKeepgate(issuing('a.example', '--deploy-hook', path), { cwd: folder });
    expect(exitCode).not.toBe(0);
    expect(calls()).toHaveLength(1);
    expect(await renewed()).toMatchObject({ exitCode: 0, certificates: [{ result: 'kept', version: 1 }] });
    expect(calls()).toHaveLength(2);
    await renewed();
    expect(calls()).toHaveLength(2);
  });
});
