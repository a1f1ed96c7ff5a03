import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa, type Options } from 'execa';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, it } from 'vitest';

const spec = `
version: 1
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8080
`;

const consumer = `
import { KeepgateError, type Diagnostic } from 'keepgate';
export const codeOf = ({ code }: Diagnostic): string => code;
export const isOurs = (error: unknown): boolean => error instanceof KeepgateError;
`;

let temporary = '';
let empty = '';
const run = (command: string, args: readonly string[], options: Options = {}) =>
  execa(command, args, { cwd: empty, env: { NODE_V8_COVERAGE: undefined }, ...options });

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'keepgate-package-'));
  empty = await mkdtemp(join(temporary, 'empty-'));
  // npm test has just built it.
  await execa('npm', [
    'pack',
    '--ignore-scripts',
    '--offline',
    '--no-update-notifier',
    '--pack-destination',
    temporary,
  ]);
  const tarball = (await readdir(temporary)).find((name) => name.endsWith('.tgz')) ?? 'no tarball';
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--offline'];
  await run('npm', ['install', ...quiet, `--cache=${join(temporary, 'cache')}`, join(temporary, tarball)]);
}, 240_000);

afterAll(() => rm(temporary, { recursive: true, force: true }));

it('installs alone, into an empty folder, without a registry', async () => {
  const installed = await readdir(join(empty, 'node_modules'));
  expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['keepgate']);
});

it('runs', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect((await run('node_modules/.bin/keepgate', ['--version'])).stdout).toBe(version);
  const { stdout } = await run('node_modules/.bin/keepgate', ['render', '-', '--nginx-version', '1.26.3'], {
    input: spec,
  });
  expect(stdout).toContain('server_name api.example.com;');
});

it('holds the JSON Schema, for editors and for import', async () => {
  const shipped = await readFile(join(empty, 'node_modules/keepgate/dist/schema.json'), 'utf8');
  expect(shipped).toBe(await readFile('src/spec/schema.json', 'utf8'));
  const script = "console.log(require('keepgate/schema.json').title)";
  expect((await run(process.execPath, ['-e', script])).stdout).toBe(JSON.parse(shipped).title);
});

it('holds the licences of what is bundled, the templates, and no source map', async () => {
  const files = await readdir(join(empty, 'node_modules/keepgate'), { recursive: true });
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/THIRD-PARTY.txt']));
  expect(files.some((name) => /^templates\/.*\.hbs$/.test(name))).toBe(true);
  expect(files.filter((name) => name.endsWith('.map') || name.includes('node_modules/'))).toEqual([]);
});

it('has types that a strict consumer compiles with, without any other package', async () => {
  await writeFile(join(empty, 'consumer.ts'), consumer);
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023'];
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '--noEmit', ...strict, '--types', '', 'consumer.ts'], {
    reject: false,
  });
  expect(stdout).toBe('');
});

it('is a library that can be imported', async () => {
  const script = "import('keepgate').then(({ KeepgateError }) => console.log(KeepgateError.name))";
  expect((await run(process.execPath, ['-e', script])).stdout).toBe('KeepgateError');
  await access(join(empty, 'node_modules/keepgate/dist/types/index.d.ts'));
});

it('has nothing that publint minds', async () => {
  const { messages, pkg } = await publint({ pkgDir: process.cwd(), strict: true });
  expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
});
