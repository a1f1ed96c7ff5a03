// @ts-check
// npm run bench [-- --rounds N | --quick] [--only certificates|configuration]: what keepgate costs, against what it can't do
// without (a bare start of Node.js, and nginx's own test) and against others who get certificates. Only ratios count, of
// times taken in turns, so that they hold on any machine; each is the median over the rounds. Ends with 1 when one is over
// its limit.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { testParts } from '../../scripts/parts.mjs';
import { certificateGroups } from './certificates.mjs';
import { cpuOf } from './cpu.mjs';
import { freePorts, layOut, specText } from './workload.mjs';

/**
 * @typedef {Record<string, number>} Cost milliseconds by the name of a command, or of one of its figures
 * @typedef {Record<string, () => Promise<number | Cost>>} Commands each resolves to its figure, or to several
 * @typedef {{ says: string, ratio: (cost: Cost) => number, limit: number }} Line
 * @typedef {{ rounds: number, commands: Commands, lines: Line[] }} Group measured in turns
 */

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const rounds = (/** @type {number} */ usual) => (values.quick ? 1 : Number(values.rounds ?? usual));
if (!(rounds(1) >= 1)) throw new Error('--rounds takes a number');

const median = (/** @type {number[]} */ numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [low = 0, high = low] = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return (low + high) / 2;
};

const keepgate = [process.execPath, fileURLToPath(new URL('../../dist/bin.js', import.meta.url))];
const decide = fileURLToPath(new URL('decide.mjs', import.meta.url));

/**
 * @param {string} cwd
 * @returns {Promise<Group[]>}
 */
const configuration = async (cwd) => {
  const { nginx, bwrap } = await testParts();
  const ports = await freePorts();
  for (const sites of [1, 1000, 10_000]) writeFileSync(join(cwd, `${sites}.yaml`), specText(sites, ports));
  const bare = join(cwd, 'bare');
  mkdirSync(bare);
  await layOut(join(cwd, '1000.yaml'), bare);
  const start = { cwd, repeat: 5 };
  const env = { ...process.env, KEEPGATE_BWRAP: bwrap };
  return [
    {
      rounds: rounds(15),
      commands: {
        node: () => cpuOf([process.execPath, '-e', '0'], start),
        version: () => cpuOf([...keepgate, '--version'], start),
        render: () => cpuOf([...keepgate, 'render', '1.yaml'], start),
      },
      lines: [
        {
          says: 'keepgate --version, against a bare start of Node.js',
          ratio: ({ version = 0, node = 1 }) => version / node,
          limit: 1.25,
        },
        {
          says: 'render of one site, against a bare start of Node.js',
          ratio: ({ render = 0, node = 1 }) => render / node,
          limit: 2.5,
        },
      ],
    },
    {
      rounds: rounds(7),
      commands: {
        render: () => cpuOf([...keepgate, 'render', '1000.yaml'], { cwd }),
        nginx: () =>
          cpuOf([nginx.bookworm, '-t', '-p', bare, '-c', join(bare, 'nginx.conf'), '-e', 'logs/error.log'], { cwd }),
        check: () => cpuOf([...keepgate, 'check', '1000.yaml', '--nginx', nginx.bookworm], { cwd, env, orphans: true }),
        decide: async () =>
          Number((await promisify(execFile)(process.execPath, [decide, '1000.yaml'], { cwd })).stdout),
      },
      lines: [
        {
          says: 'render of 1,000 sites, against a bare nginx -t of them',
          ratio: ({ render = 0, nginx = 1 }) => render / nginx,
          limit: 1,
        },
        {
          says: 'resolving and rendering 1,000 parsed sites, against a bare nginx -t of them',
          ratio: ({ decide = 0, nginx = 1 }) => decide / nginx,
          limit: 0.25,
        },
        {
          says: 'check of 1,000 sites, against their render and 1.15 times the bare nginx -t',
          ratio: ({ check = 0, render = 0, nginx = 1 }) => check / (render + 1.15 * nginx),
          limit: 1,
        },
      ],
    },
    {
      rounds: rounds(3),
      commands: {
        thousand: () => cpuOf([...keepgate, 'render', '1000.yaml'], { cwd, repeat: 2 }),
        tenThousand: () => cpuOf([...keepgate, 'render', '10000.yaml'], { cwd }),
      },
      lines: [
        {
          says: 'render of 10,000 sites, against render of 1,000',
          ratio: ({ tenThousand = 0, thousand = 1 }) => tenThousand / thousand,
          limit: 12,
        },
      ],
    },
  ];
};

/**
 * Every second round goes backwards: what a machine does to one command it does to its partner.
 *
 * @param {Group} group
 */
const measure = async ({ rounds, commands, lines }) => {
  /** @type {Cost[]} */
  const costs = [];
  for (let round = 0; round < rounds; round++) {
    const names = Object.keys(commands);
    /** @type {Cost} */
    const cost = {};
    for (const name of round % 2 === 0 ? names : names.reverse()) {
      const figures = (await commands[name]?.()) ?? 0;
      Object.assign(cost, typeof figures === 'number' ? { [name]: figures } : figures);
    }
    costs.push(cost);
  }
  const typical = Object.keys(costs[0] ?? {}).map(
    (name) => `${name} ${median(costs.map((c) => c[name] ?? 0)).toFixed(0)} ms`,
  );
  console.log(`  ${typical.join(', ')} (${rounds} ${rounds === 1 ? 'round' : 'rounds'})`);
  return lines.map(({ says, ratio, limit }) => {
    const ratios = costs.map(ratio);
    return { says, limit, ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
  });
};

const cwd = mkdtempSync(join(tmpdir(), 'keepgate-bench-'));
process.once('exit', () => rmSync(cwd, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

console.log('Processor time, user and system, where it is not said to be wall time:');
const results = [];
if (values.only !== 'certificates')
  for (const group of await configuration(cwd)) results.push(...(await measure(group)));
if (values.only !== 'configuration') {
  const certificates = await certificateGroups(cwd, rounds);
  for (const group of certificates.groups) results.push(...(await measure(group)));
  await certificates.end();
}

const width = Math.max(...results.map(({ says }) => says.length));
console.log(`\n${''.padEnd(width)}  median  limit   from – to`);
for (const { says, ratio, limit, least, most } of results) {
  const [shown, most_, from, to] = [ratio, limit, least, most].map((value) => value.toFixed(2).padStart(6));
  console.log(`${says.padEnd(width)}  ${shown} ${most_}  ${from} –${to}  ${ratio > limit ? 'TOO SLOW' : 'ok'}`);
}
process.exitCode = results.some(({ ratio, limit }) => ratio > limit) ? 1 : 0;
