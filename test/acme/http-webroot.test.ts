import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { httpWebroot } from '../../src/acme/solvers/http-webroot.ts';
import { challengeFor } from './challenge.ts';

let home: string;
let root: string;
const below = (...parts: string[]) => join(root, '.well-known', 'acme-challenge', ...parts);
const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'keepgate-webroot-'));
  root = join(home, 'challenges');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it('writes the answer so that a web server may read it, whatever the umask, and removes it', async () => {
  const solver = httpWebroot(root);
  const challenge = challengeFor('api.example.com');
  const umask = process.umask(0o077);
  try {
    await solver.prepare?.(['api.example.com']);
    await solver.present(challenge);
  } finally {
    process.umask(umask);
  }
  expect(readFileSync(below(challenge.token), 'utf8')).toBe(challenge.keyAuthorization);
  expect([root, join(root, '.well-known'), below()].map(modeOf)).toEqual(['755', '755', '755']);
  expect(modeOf(below(challenge.token))).toBe('644');
  expect(readdirSync(below())).toEqual([challenge.token]);
  await solver.cleanUp(challenge);
  expect(readdirSync(below())).toEqual([]);
  await solver.cleanUp(challenge);
});

it.each(['../../escaped', '..', '.', 'a/b', '', 'a\0b', 'a.b', 'x'.repeat(201)])(
  'refuses the token %j',
  async (token) => {
    const challenge = challengeFor('api.example.com', { token });
    await expect(httpWebroot(root).present(challenge)).rejects.toMatchObject({
      diagnostic: { code: 'challenge-token-malformed' },
    });
    await expect(httpWebroot(root).cleanUp(challenge)).rejects.toThrow();
    expect(readdirSync(home)).toEqual([]);
  },
);

it('replaces a link in the place of the file, and leaves what it leads to', async () => {
  const challenge = challengeFor('api.example.com');
  const victim = join(home, 'victim');
  writeFileSync(victim, 'precious');
  mkdirSync(below(), { recursive: true });
  symlinkSync(victim, below(challenge.token));
  await httpWebroot(root).cleanUp({ ...challenge, keyAuthorization: 'precious' });
  expect(lstatSync(below(challenge.token)).isSymbolicLink()).toBe(true);
  await httpWebroot(root).present(challenge);
  expect(readFileSync(victim, 'utf8')).toBe('precious');
  expect(readFileSync(below(challenge.token), 'utf8')).toBe(challenge.keyAuthorization);
});

it.each([['.well-known'], ['.well-known', 'acme-challenge']])('never follows a link at %s', async (...segments) => {
  const elsewhere = join(home, 'elsewhere');
  mkdirSync(join(elsewhere, 'acme-challenge'), { recursive: true });
  mkdirSync(join(root, ...segments.slice(0, -1)), { recursive: true });
  symlinkSync(elsewhere, join(root, ...segments));
  const challenge = challengeFor('api.example.com');
  await expect(httpWebroot(root).present(challenge)).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining(join(root, ...segments)),
  });
  expect(readdirSync(elsewhere)).toEqual(['acme-challenge']);
  expect(readdirSync(join(elsewhere, 'acme-challenge'))).toEqual([]);
});

it('leaves a file that is not as it wrote it', async () => {
  const solver = httpWebroot(root);
  const challenge = challengeFor('api.example.com');
  await solver.present(challenge);
  writeFileSync(below(challenge.token), 'somebody else');
  writeFileSync(below('theirs'), 'theirs');
  await solver.cleanUp(challenge);
  expect(readdirSync(below()).sort()).toEqual([challenge.token, 'theirs'].sort());
});

it('sweeps away what a crash left half-written, and nothing else', async () => {
  mkdirSync(below(), { recursive: true });
  const stale = '.keepgate-0123456789ab.tmp';
  const others = ['.keepgate-0123456789ab', '.keepgate-ba9876543210.tmp', 'token'];
  for (const name of [stale, ...others]) writeFileSync(below(name), '');
  for (const name of [stale, 'token']) utimesSync(below(name), 1_700_000_000, 1_700_000_000);
  await httpWebroot(root).prepare?.([]);
  expect(readdirSync(below()).sort()).toEqual(others);
});

it('says which folder is missing, and makes none above the root', async () => {
  const far = join(home, 'no', 'such');
  await expect(httpWebroot(far).prepare?.([])).rejects.toMatchObject({
    message: `challenges can't be put below ${far}: the folder above it does not exist`,
  });
  expect(existsSync(join(home, 'no'))).toBe(false);
});
