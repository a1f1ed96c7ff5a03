import type { Argv } from 'yargs';
import { reaches } from '../../diagnostic.ts';
import { render } from '../../render/render.ts';
import type { Command } from '../command.ts';
import { configure } from '../configuration.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { readSpecFiles } from '../spec-files.ts';
import { installedTarget, layoutOf, namedTarget } from '../target.ts';

interface Options {
  spec?: string[];
  out?: string;
  nginxVersion?: string;
  target?: string;
  templates?: string;
  allowRaw: boolean;
  force: boolean;
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('spec', {
      type: 'string',
      array: true,
      describe: 'spec files, folders of *.yaml, or - (keepgate.yaml)',
    })
    .option('out', { type: 'string', requiresArg: true, describe: 'write the files below this folder' })
    .option('nginx-version', { type: 'string', requiresArg: true, describe: 'render for this version of nginx' })
    .option('target', { type: 'string', requiresArg: true, describe: 'render for the nginx of this saved `nginx -V`' })
    .option('templates', {
      type: 'string',
      requiresArg: true,
      describe: 'your own templates, laid over the shipped ones',
    })
    .option('allow-raw', { type: 'boolean', default: false, describe: 'let raw nginx text of the spec through' })
    .option('force', { type: 'boolean', default: false, describe: 'overwrite files that were changed by hand' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .conflicts('nginx-version', 'target')
    .example('keepgate render', 'print what keepgate.yaml asks for, for the nginx installed here')
    .example('keepgate render api.yaml --out site', 'write the files, then say what to do with them')
    .example('keepgate render - --nginx-version 1.26.3 < api.yaml', 'for another machine') as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const sources = await readSpecFiles(argv.spec ?? [], io);
  const configured = await configure(sources, {
    allowRaw: argv.allowRaw,
    layout: (spec) => layoutOf(spec.nginx),
    target: (spec) => namedTarget(argv, spec.nginx, io) ?? installedTarget(io),
  });
  const diagnostics = configured.ok ? configured.configuration.diagnostics : configured.diagnostics;
  const ignored = configured.ok ? configured.configuration.ignored : [];
  if (diagnostics.length > 0) {
    const { report } = await import('../report/index.ts');
    io.stderr.write(report('text', diagnostics, { color: wantsColor(io.stderr, io.env), ignored }));
  }
  if (!configured.ok || reaches(diagnostics, 'error')) return exitCode.wrong;
  const { resolved, target } = configured.configuration;
  const templates =
    argv.templates === undefined
      ? undefined
      : (await import('../../render/user-templates.ts')).readTemplates(argv.templates);
  const rendered = render(resolved.model, target, templates);
  if (argv.format === 'json') {
    io.stdout.write(`${JSON.stringify(rendered, null, 2)}\n`);
  } else if (argv.out === undefined) {
    for (const { path, text } of rendered.files) io.stdout.write(`# ---- ${path} ----\n${text}\n`);
  }
  return exitCode.done;
}

export const command: Command<Options> = { options, run };
