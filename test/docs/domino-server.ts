/** A Linux server with Domino's data folder, a REST API, Debian's stock nginx, and a CA that reaches it. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type StockMachine, stockMachine } from '../deploy/stock-machine.ts';
import { parts } from '../parts.ts';
import type { Block } from './blocks.ts';
import { writeFiles } from './domino-files.ts';
import { services, writePrograms } from './domino-programs.ts';

/** What somebody else does between two blocks, or the test. */
export interface Meanwhile {
  /** A part of the block before or after which it happens. */
  readonly before?: string;
  readonly after?: string;
  readonly script: string;
}

export interface Way {
  readonly blocks: readonly Block[];
  readonly meanwhile: readonly Meanwhile[];
  /** A part of the block that is to end with an exit code other than 0. */
  readonly fails?: string;
}

export interface Ran {
  /** Everything that was said, for the message of a failure. */
  readonly said: string;
  /** Whether the last block was reached and done. */
  readonly ended: boolean;
  /** What `look PORT` saw, in order. */
  readonly looks: readonly Look[];
  readonly stdout: string;
  /** A copy of Domino's data folder: `plain` at the start, `end`, and what `keep NAME` made. */
  readonly data: (name: string) => string;
}

export interface Look {
  readonly issuer?: string;
  readonly names?: string;
  readonly fingerprint256?: string;
  readonly body?: string;
  readonly error?: string;
}

const end = `
echo '@end'
keep end
nginx -s stop 2>/dev/null || true
`;

const machines: StockMachine[] = [];
/** For afterEach. */
export const removeServers = (): void => {
  for (const machine of machines.splice(0)) machine.remove();
};

/** Runs blocks in their order in one shell that stops at the first that fails, `console` ones on Domino's console. */
export async function follow({ blocks, meanwhile, fails }: Way): Promise<Ran> {
  const programs = [parts.pebble.forky, parts.challtestsrv.forky, parts.bwrap, dirname(parts.keytool)];
  const machine = stockMachine('bookworm', programs);
  machines.push(machine);
  const { home } = machine;
  const node = `'${process.execPath}'`;
  mkdirSync(join(home, 'out'));
  writeFiles(home);
  writePrograms(home, node);
  const steps = blocks.flatMap((block) => [`echo '@block ${block.place}'`, ...stepsOf(block, meanwhile, fails)]);
  const { stdout, stderr } = await machine.run([services(home, node), ...steps, end].join('\n'), 240_000);
  const lines = stdout.split('\n');
  return {
    said: `${stdout}\n${stderr}`,
    ended: lines.includes('@end'),
    looks: lines.filter((line) => line.startsWith('@look ')).map((line) => JSON.parse(line.slice(6))),
    stdout,
    data: (name) => join(home, 'out', name),
  };
}

function stepsOf({ language, text }: Block, meanwhile: readonly Meanwhile[], fails: string | undefined): string[] {
  const of = (when: 'before' | 'after') =>
    meanwhile.filter(({ [when]: part }) => part !== undefined && text.includes(part)).map(({ script }) => script);
  if (language === 'console') return text.split('\n').map((line) => `/opt/hcl/domino/bin/server -c '${line}'`);
  const lines = fails !== undefined && text.includes(fails) ? `${text} && exit 1 || echo "@failed $?"` : text;
  return [...of('before'), lines, ...of('after')];
}
