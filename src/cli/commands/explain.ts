import { existsSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import type { Argv } from 'yargs';
import { KeepgateError, reaches } from '../../diagnostic.ts';
import { explainSpec } from '../../model/explain.ts';
import { suggest } from '../../spec/suggest.ts';
import type { Command } from '../command.ts';
import { configure } from '../configuration.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { report } from '../report/index.ts';
import { readSpecFiles } from '../spec-files.ts';
import { installedTarget, layoutOf, namedTarget } from '../target.ts';

interface Options {
  what?: string;
  spec?: string[];
  nginxVersion?: string;
  target?: string;
  allowRaw: boolean;
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('what', { type: 'string', describe: 'a code such as unknown-key, or a spec' })
    .positional('spec', {
      type: 'string',
      array: true,
      describe: 'spec files, folders of *.yaml, or - (keepgate.yaml)',
    })
    .option('nginx-version', { type: 'string', requiresArg: true, describe: 'explain for this version of nginx' })
    .option('target', { type: 'string', requiresArg: true, describe: 'explain for the nginx of this saved `nginx -V`' })
    .option('allow-raw', { type: 'boolean', default: false, describe: 'let raw nginx text of the spec through' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .conflicts('nginx-version', 'target')
    .example('keepgate explain', 'the resolved spec, and where each value comes from')
    .example('keepgate explain duplicate-host', 'what a code means, and what to do') as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { what } = argv;
  if (what !== undefined && isCode(what, io)) return explainCode(what, argv.format, io);
  const paths = [...(what === undefined ? [] : [what]), ...(argv.spec ?? [])];
  const sources = await readSpecFiles(paths, io);
  let origin = 'the nginx installed here';
  const configured = await configure(sources, {
    allowRaw: argv.allowRaw,
    layout: (spec) => layoutOf(spec.nginx),
    target: (spec) => {
      const named = namedTarget(argv, spec.nginx, io);
      if (named) origin = (argv.nginxVersion ?? argv.target) ? 'the command line' : 'nginx.target';
      return named ?? installedTarget(io);
    },
  });
  const { diagnostics } = configured.ok ? configured.configuration : configured;
  if (reaches(diagnostics, 'warning'))
    io.stderr.write(report('text', diagnostics, { color: wantsColor(io.stderr, io.env), ignored: [] }));
  if (!configured.ok) return exitCode.wrong;
  const { spec, places, target, resolved } = configured.configuration;
  const layout = resolved.model.layout;
  io.stdout.write(
    argv.format === 'json'
      ? `${JSON.stringify({ target, layout, sites: resolved.model.sites, shared: resolved.model.shared }, null, 2)}\n`
      : explainSpec(spec, resolved.expanded, places, { target, layout, targetOrigin: origin }),
  );
  return exitCode.done;
}

function isCode(word: string, io: Io): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)+$/.test(word) && !existsSync(resolvePath(io.cwd, word));
}

async function explainCode(code: string, format: 'text' | 'json', io: Io): Promise<number> {
  const { pages } = await import('../../diagnostic-pages.ts');
  const page = pages.get(code);
  if (!page) {
    const near = suggest(code, [...pages.keys()]);
    const message = `there is no code "${code}"${near ? `; did you mean "${near}"?` : ''}`;
    throw new KeepgateError(2, { code: 'unknown-code', message });
  }
  io.stdout.write(
    format === 'json' ? `${JSON.stringify({ code, ...page }, null, 2)}\n` : `${code}: ${page.title}\n\n${page.text}\n`,
  );
  return exitCode.done;
}

export const command: Command<Options> = { options, run };
