// @ts-check
// Others who get certificates, beside keepgate, from the same CA: certbot with one, a script on acme-client with many.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { certbotCommand, testParts } from '../../scripts/parts.mjs';
import { timesOf } from './cpu.mjs';
import { loadSource } from './load-source.mjs';

const keepgate = [process.execPath, fileURLToPath(new URL('../../dist/bin.js', import.meta.url))];
const plain = [process.execPath, fileURLToPath(new URL('plain-acme-client.mjs', import.meta.url))];
const [many, concurrency] = [50, 8];

/**
 * Starts pebble; `end` stops it.
 *
 * @param {string} cwd
 * @param {(usual: number) => number} rounds
 * @returns {Promise<{ groups: import('./run.mjs').Group[], end: () => Promise<void> }>}
 */
export const certificateGroups = async (cwd, rounds) => {
  process.env.KEEPGATE_TEST_PARTS = JSON.stringify(await testParts());
  const { startPebble } = await loadSource('test/pebble.ts');
  const pebble = await startPebble({ suite: 'bookworm' });
  writeFileSync(join(cwd, 'many.yaml'), specOf(many));
  let runs = 0;
  const issue = (/** @type {string[]} */ ...words) => {
    const ca = [
      '--directory',
      pebble.directory,
      '--ca-file',
      pebble.caFile,
      '--agree-tos',
      '--http-port',
      pebble.httpPort,
    ];
    const store = ['--store', `store-${runs++}`];
    return timesOf([...keepgate, 'cert', 'issue', ...ca, '--skip-preflight', '--no-reload', ...store, ...words], {
      cwd,
    });
  };
  const groups = [
    ...(await besideCertbot({ cwd, pebble, rounds: rounds(7), issue: () => issue('--host', 'one.example.com') })),
    {
      rounds: rounds(5),
      commands: {
        keepgate: async () => (await issue('many.yaml', '--concurrency', `${concurrency}`)).wall,
        plain: async () => {
          const command = [...plain, pebble.directory, `${pebble.httpPort}`, `${many}`, `${concurrency}`];
          const env = { ...process.env, NODE_EXTRA_CA_CERTS: pebble.caFile };
          return (await timesOf(command, { cwd, env })).wall;
        },
      },
      lines: [
        {
          says: `${many} certificates, ${concurrency} at once, against plain acme-client: wall time`,
          ratio: (/** @type {import('./run.mjs').Cost} */ { keepgate = 0, plain = 1 }) => keepgate / plain,
          limit: 1 / 1.4,
        },
      ],
    },
  ];
  return { groups, end: pebble.stop };
};

/**
 * One certificate for a new account, each in a process of its own.
 *
 * @param {{ cwd: string, pebble: Record<string, any>, rounds: number, issue: () => Promise<{ cpu: number, wall: number }> }} options
 */
const besideCertbot = async ({ cwd, pebble, rounds, issue }) => {
  let runs = 0;
  const certbot = async () => {
    const folder = join(cwd, `certbot-${runs++}`);
    const folders = ['--config-dir', folder, '--work-dir', folder, '--logs-dir', folder];
    const agreed = ['--non-interactive', '--agree-tos', '--register-unsafely-without-email'];
    const proof = ['--standalone', '--http-01-port', `${pebble.httpPort}`, '--domain', 'one.example.com'];
    const command = [
      ...(await certbotCommand()),
      'certonly',
      '--server',
      pebble.directory,
      ...proof,
      ...agreed,
      ...folders,
    ];
    return timesOf(command, { cwd, env });
  };
  const env = { ...process.env, REQUESTS_CA_BUNDLE: pebble.caFile, PYTHONDONTWRITEBYTECODE: undefined };
  try {
    await certbot(); // where it is installed it has compiled its modules already
  } catch (error) {
    console.error(`\nWARNING: Debian's certbot does not run; the comparison with it is SKIPPED.\n${error}\n`);
    return [];
  }
  return [
    {
      rounds,
      commands: {
        keepgate: async () => figures('keepgate', await issue()),
        certbot: async () => figures('certbot', await certbot()),
      },
      lines: ['cpu', 'wall'].map((kind) => ({
        says: `a new account and one certificate, against certbot: ${kind === 'cpu' ? 'processor' : 'wall'} time`,
        ratio: (/** @type {import('./run.mjs').Cost} */ cost) =>
          (cost[`keepgate (${kind})`] ?? 0) / (cost[`certbot (${kind})`] ?? 1),
        limit: 1,
      })),
    },
  ];
};

const figures = (/** @type {string} */ name, /** @type {{ cpu: number, wall: number }} */ { cpu, wall }) => ({
  [`${name} (cpu)`]: cpu,
  [`${name} (wall)`]: wall,
});

const specOf = (/** @type {number} */ sites) =>
  [
    'version: 1',
    'sites:',
    ...Array.from(
      { length: sites },
      (_, index) => `  s${index}:\n    hosts: [s${index}.example.com]\n    upstream: http://127.0.0.1:8080`,
    ),
    '',
  ].join('\n');
