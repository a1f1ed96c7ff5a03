import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { type Diagnostic, KeepgateError } from '../../diagnostic.ts';
import type { NginxBinary } from '../../nginx/binary.ts';
import { word } from '../../shell-word.ts';
import type { Command } from '../command.ts';
import { configure } from '../configuration.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { specText } from '../spec-text.ts';
import { newestNginx } from '../target.ts';
import { upstreamUrl } from '../upstream-url.ts';
import { UsageError } from '../usage-error.ts';
import { writeNew } from '../write-new.ts';

interface Options {
  preset?: 'rest-api' | 'domino-rest-api';
  host?: string[];
  upstream?: string;
  fromKeepconfig?: string;
  environmentFile?: string;
  out: string;
}

function options(yargs: Argv): Argv<Options> {
  return yargs
    .option('host', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'a public host name (api.example.com)',
    })
    .option('upstream', { type: 'string', requiresArg: true, describe: 'the API, such as http://127.0.0.1:8080' })
    .option('preset', { choices: ['rest-api', 'domino-rest-api'] as const, describe: 'for what stands behind it' })
    .option('from-keepconfig', {
      type: 'string',
      requiresArg: true,
      describe: 'keepconfig.d of a Domino REST API, to take its ports, limits and names from',
    })
    .option('environment-file', {
      type: 'string',
      requiresArg: true,
      describe: 'with it: the environment of the REST API, as lines NAME=value',
    })
    .option('out', {
      type: 'string',
      default: 'keepgate.yaml',
      requiresArg: true,
      describe: 'where to write; - prints it',
    })
    .conflicts('preset', 'upstream')
    .conflicts('from-keepconfig', ['preset', 'upstream'])
    .example('keepgate init --host api.example.com --upstream http://127.0.0.1:8080', 'one API')
    .example(
      'keepgate init --preset domino-rest-api --host domino.example.com',
      'HCL Domino REST API',
    ) as unknown as Argv<Options>;
}

async function run({ preset, host, upstream, out, ...from }: Options, io: Io): Promise<number> {
  const installed = await installedHere(io);
  const front = await frontOf(from, io);
  const hosts = host ?? front?.hosts.map(({ value }) => value) ?? [];
  const text = specText({
    preset,
    hosts,
    upstream: upstream && upstreamUrl(upstream),
    installed: installed?.target,
    defaultServer: await defaultServerOf(installed),
    front: front && (host === undefined ? front : { ...front, hosts: [] }),
  });
  const configured = await configure([{ file: 'the new spec', bytes: Buffer.from(text) }], {
    allowRaw: false,
    layout: () => 'debian',
    target: () => installed?.target ?? newestNginx,
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

/** What an installation says. @throws KeepgateError for a keepconfig.d that can't be read, with its first finding */
async function frontOf(
  { fromKeepconfig, environmentFile }: Pick<Options, 'fromKeepconfig' | 'environmentFile'>,
  io: Io,
) {
  if (fromKeepconfig === undefined) {
    if (environmentFile !== undefined) throw new UsageError('--environment-file goes with --from-keepconfig');
    return undefined;
  }
  const { readFront } = await import('../read-front.ts');
  return readFront(fromKeepconfig, environmentFile, io);
}

/** The modules that look are only loaded where there is something to look at. */
async function defaultServerOf(installed: NginxBinary | undefined) {
  if (installed === undefined) return undefined;
  const { machinesDefaultServer } = await import('../machines-default-server.ts');
  return machinesDefaultServer(installed.confDir);
}

/** Pins the target, so that the same spec gives the same files in a pipeline. */
async function installedHere(io: Io): Promise<NginxBinary | undefined> {
  const { findNginx, inspectNginx } = await import('../../nginx/binary.ts');
  const path = await findNginx(io.env);
  if (path === undefined) return undefined;
  try {
    return await inspectNginx(path);
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
