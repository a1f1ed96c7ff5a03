import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import type { Delivery } from '../../deploy/deliver.ts';
import type { Changes } from '../../deploy/write-folder.ts';
import { type Diagnostic, reaches } from '../../diagnostic.ts';
import { type Rendered, render } from '../../render/render.ts';
import { loadSpec } from '../../spec/load.ts';
import type { Command } from '../command.ts';
import { type CommonOptions, commonOptions } from '../common-options.ts';
import { type Configuration, configure } from '../configuration.ts';
import { exitCode, type Io } from '../io.ts';
import { say } from '../report/say.ts';
import { readSpecFiles, type SpecFile } from '../spec-files.ts';
import { type NameOptions, nameOption, namesOf, operandsFor } from '../spec-names.ts';
import { installedTarget, layoutOf, namedTarget } from '../target.ts';

interface Options extends CommonOptions, NameOptions {
  out?: string;
  nginxVersion?: string;
  target?: string;
  force: boolean;
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  return nameOption(commonOptions(yargs))
    .option('out', { type: 'string', requiresArg: true, describe: 'write the files below this folder' })
    .option('nginx-version', { type: 'string', requiresArg: true, describe: 'render for this version of nginx' })
    .option('target', { type: 'string', requiresArg: true, describe: 'render for the nginx of this saved `nginx -V`' })
    .option('force', { type: 'boolean', default: false, describe: 'overwrite files that were changed by hand' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .conflicts('nginx-version', 'target')
    .example('keepgate render', 'print what keepgate.yaml asks for, for the nginx installed here')
    .example('keepgate render api.yaml --out site', 'write the files, then say what to do with them')
    .example('keepgate render - --nginx-version 1.26.3 < api.yaml', 'for another machine') as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const sources = await readSpecFiles(argv.spec ?? [], io);
  let pinned = false;
  const configured = await configure(sources, {
    allowRaw: argv.allowRaw,
    layout: (spec) => layoutOf(spec.nginx),
    target: (spec, places) => {
      const named = namedTarget(argv, spec.nginx, places, io);
      pinned = named !== undefined;
      return named ?? installedTarget(io);
    },
  });
  const findings = configured.ok ? configured.configuration : { diagnostics: configured.diagnostics, ignored: [] };
  if (!configured.ok || reaches(findings.diagnostics, 'error')) {
    await say({ ...argv, ...findings }, io);
    return exitCode.wrong;
  }
  const { configuration } = configured;
  const rendered = await renderHere(configuration, argv, io);
  if (argv.out === undefined) {
    await say({ ...argv, ...findings, product: rendered }, io);
    if (argv.format === 'text')
      io.stdout.write(rendered.files.map(({ path, text }) => `# ---- ${path} ----\n${text}\n`).join(''));
    return exitCode.done;
  }
  const { deliver } = await import('../../deploy/deliver.ts');
  const { force, out } = argv;
  const make = async () =>
    (await insideInstallation(out, sources, configuration, { ...argv, pinned }, io)) ?? {
      resolved: configuration.resolved,
      rendered,
      wanted: rendered,
    };
  const waiting = (pid: number): void => {
    io.stderr.write(`waiting for process ${pid}, which is changing ${out}\n`);
  };
  const words = operandsFor(argv);
  const delivered = await deliver(make, { out, force, pinned, words, waiting, cwd: io.cwd, env: io.env });
  const diagnostics = [...findings.diagnostics, ...delivered.diagnostics];
  if (!delivered.ok) {
    await say({ ...argv, ...findings, diagnostics }, io);
    return exitCode.wrong;
  }
  const { changes, next } = delivered;
  await say(
    { ...argv, ...findings, diagnostics, product: { ...delivered.rendered, out: { folder: out, ...changes }, next } },
    io,
  );
  if (argv.format === 'text') {
    io.stderr.write(inWords(out, changes));
    io.stdout.write(next.map((line) => `${line}\n`).join(''));
  }
  return exitCode.done;
}

async function renderHere({ resolved, target }: Configuration, { templates }: Options, io: Io): Promise<Rendered> {
  if (templates === undefined) return render(resolved.model, target);
  const { renderWithTemplates } = await import('../template-files.ts');
  return renderWithTemplates(templates, resolved.model, target, io);
}

/** Where `apply` has installed specs, the others of them stay, as with `apply`; undefined elsewhere. */
async function insideInstallation(
  out: string,
  sources: readonly SpecFile[],
  { spec, target }: Configuration,
  { as, allowRaw, templates, pinned }: Options & { readonly pinned: boolean },
  io: Io,
): Promise<Delivery | readonly Diagnostic[] | undefined> {
  const folder = resolve(io.cwd, out);
  const { installedSpecs } = await import('../../deploy/installed-specs.ts');
  const { manifest } = installedSpecs(folder);
  if (Object.keys(manifest?.specs ?? {}).length === 0) return undefined;
  const { placeBeside } = await import('../beside.ts');
  const placed = await placeBeside(
    folder,
    { spec, loaded: loadSpec(sources), sources, names: namesOf(sources, as) },
    {
      ...{ allowRaw, templates, target, written: pinned ? target : undefined, installed: undefined },
      ...{ adopt: [], prune: false },
      layout: () => layoutOf(spec.nginx),
    },
    io,
  )();
  return placed.ok ? { ...placed, resolved: placed.configuration.resolved } : placed.findings.diagnostics;
}

/** How many names of one kind are listed before they are counted. */
const listed = 20;

function inWords(out: string, { written, removed, unchanged, overwritten }: Changes): string {
  const changedByHand = new Set(overwritten);
  const lines = (verb: string, paths: readonly string[]): string[] => {
    const first = [
      ...paths.filter((path) => changedByHand.has(path)),
      ...paths.filter((path) => !changedByHand.has(path)),
    ];
    const shown = first.slice(0, Math.max(listed, overwritten.length));
    const more = paths.length - shown.length;
    return [
      ...shown.map((path) => `${verb} ${out}/${path}${changedByHand.has(path) ? ', which was changed by hand' : ''}`),
      ...(more > 0 ? [`${verb} ${more} more`] : []),
    ];
  };
  const kept = unchanged > 0 ? [`kept ${unchanged} as ${unchanged === 1 ? 'it was' : 'they were'}`] : [];
  return [...lines('wrote', written), ...lines('removed', removed), ...kept].map((line) => `${line}\n`).join('');
}

export const command: Command<Options> = { options, run };
