import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { type Diagnostic, KeepgateError } from '../../diagnostic.ts';
import type { Target } from '../../model/target.ts';
import { word } from '../../shell-word.ts';
import type { Command } from '../command.ts';
import { configure } from '../configuration.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { specText } from '../spec-text.ts';
import { newestNginx } from '../target.ts';
import { writeNew } from '../write-new.ts';

interface Options {
  preset?: 'rest-api' | 'domino-rest-api';
  host: string[];
  upstream?: string;
  out: string;
}

function options(yargs: Argv): Argv<Options> {
  return yargs
    .option('host', {
      type: 'string',
      array: true,
      nargs: 1,
      default: ['api.example.com'],
      describe: 'a public host name',
    })
    .option('upstream', { type: 'string', requiresArg: true, describe: 'the API, such as http://127.0.0.1:8080' })
    .option('preset', { choices: ['rest-api', 'domino-rest-api'] as const, describe: 'for what stands behind it' })
    .option('out', {
      type: 'string',
      default: 'keepgate.yaml',
      requiresArg: true,
      describe: 'where to write; - prints it',
    })
    .conflicts('preset', 'upstream')
    .example('keepgate init --host api.example.com --upstream http://127.0.0.1:8080', 'one API')
    .example(
      'keepgate init --preset domino-rest-api --host domino.example.com',
      'HCL Domino REST API',
    ) as unknown as Argv<Options>;
}

async function run({ preset, host, upstream, out }: Options, io: Io): Promise<number> {
  const installed = await installedHere(io);
  const text = specText({ preset, hosts: host, upstream, installed });
  const configured = await configure([{ file: 'the new spec', bytes: Buffer.from(text) }], {
    allowRaw: false,
    layout: () => 'debian',
    target: () => installed ?? newestNginx,
  });
  if (!configured.ok) return refuse(configured.diagnostics, io);
  if (out === '-') {
    io.stdout.write(text);
    return exitCode.done;
  }
  writeNew(resolve(io.cwd, out), out, text, 'Name another file with --out, or print the spec with --out -');
  const check = ['keepgate check', ...(out === 'keepgate.yaml' ? [] : [word(out)])].join(' ');
  io.stderr.write(`wrote ${out}\n\nNext: read it, then\n  ${check}\n`);
  return exitCode.done;
}

/** Pins the target, so that the same spec gives the same files in a pipeline. */
async function installedHere(io: Io): Promise<Target | undefined> {
  const { findNginx, inspectNginx } = await import('../../nginx/binary.ts');
  const path = await findNginx(io.env);
  if (path === undefined) return undefined;
  try {
    return (await inspectNginx(path)).target;
  } catch (error) {
    if (error instanceof KeepgateError) return undefined;
    throw error;
  }
}

async function refuse(diagnostics: readonly Diagnostic[], io: Io): Promise<number> {
  const { report } = await import('../report/index.ts');
  io.stderr.write(report('text', diagnostics, { color: wantsColor(io.stderr, io.env), ignored: [] }));
  return exitCode.usage;
}

export const command: Command<Options> = { options, run };
