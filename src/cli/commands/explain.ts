import { existsSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import type { Argv } from 'yargs';
import { KeepgateError, reaches } from '../../diagnostic.ts';
import { explainSpec } from '../../model/explain.ts';
import type { Target } from '../../model/target.ts';
import { suggest } from '../../spec/suggest.ts';
import type { Command } from '../command.ts';
import { configure } from '../configuration.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { report } from '../report/index.ts';
import { toJson } from '../report/json.ts';
import { readSpecFiles } from '../spec-files.ts';
import { installedTarget, layoutOf, namedTarget, newestNginx } from '../target.ts';
import { UsageError } from '../usage-error.ts';

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
  if (what !== undefined && looksLikeCode.test(what)) {
    const { pages } = await import('../../diagnostic-pages.ts');
    // a file of that name is meant by ./name
    if (pages.has(what) || !existsSync(resolvePath(io.cwd, what))) return explainCode(what, argv, pages, io);
  }
  const paths = [...(what === undefined ? [] : [what]), ...(argv.spec ?? [])];
  const sources = await readSpecFiles(paths, io);
  let origin = 'the nginx installed here';
  const assumed = (): Target => {
    origin = 'assumed: no nginx is installed here';
    return newestNginx;
  };
  const configured = await configure(sources, {
    allowRaw: argv.allowRaw,
    layout: (spec) => layoutOf(spec.nginx),
    target: (spec, places) => {
      const named = namedTarget(argv, spec.nginx, places, io);
      if (named) origin = (argv.nginxVersion ?? argv.target) ? 'the command line' : 'nginx.target';
      return named ?? installedTarget(io).catch(assumed);
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
      ? toJson({ target, layout, sites: resolved.model.sites, shared: resolved.model.shared })
      : explainSpec(spec, resolved.expanded, places, { target, layout, targetOrigin: origin }),
  );
  return exitCode.done;
}

const looksLikeCode = /^[a-z0-9]+(-[a-z0-9]+)+$/;

function explainCode(code: string, { spec, format }: Options, pages: Pages, io: Io): number {
  if (spec?.[0] !== undefined) throw new UsageError(`explain takes one code, or specs; "${code}" is a code`);
  const page = pages.get(code);
  if (!page) {
    const near = suggest(code, [...pages.keys()]);
    const message = `there is no code "${code}"${near ? `; did you mean "${near}"?` : ', and no file'}`;
    throw new KeepgateError(2, { code: 'unknown-code', message });
  }
  io.stdout.write(
    format === 'json' ? `${JSON.stringify({ code, ...page }, null, 2)}\n` : `${code}: ${page.title}\n\n${page.text}\n`,
  );
  return exitCode.done;
}

type Pages = typeof import('../../diagnostic-pages.ts')['pages'];

export const command: Command<Options> = { options, run };
