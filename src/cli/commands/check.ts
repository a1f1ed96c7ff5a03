import type { Argv } from 'yargs';
import { type Diagnostic, KeepgateError, reaches, type Severity, severities } from '../../diagnostic.ts';
import type { Target } from '../../model/target.ts';
import type { NginxBinary } from '../../nginx/binary.ts';
import { loadSpec, type Places } from '../../spec/load.ts';
import type { Spec } from '../../spec/types.gen.ts';
import type { Command } from '../command.ts';
import { configureFor } from '../configuration.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { progress } from '../progress.ts';
import { type ReportFormat, report, reportFormats } from '../report/index.ts';
import { readSpecFiles } from '../spec-files.ts';
import { installedNginx, layoutOf, namedTarget } from '../target.ts';

interface Options {
  spec?: string[];
  live?: string;
  nginx?: string[];
  failOn: Severity;
  sandbox: 'auto' | 'bwrap' | 'none';
  templates?: string;
  allowRaw: boolean;
  format: ReportFormat;
}

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('spec', {
      type: 'string',
      array: true,
      describe: 'spec files, folders of *.yaml, or - (keepgate.yaml)',
    })
    .option('nginx', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'test with this nginx; may be given several times',
    })
    .option('live', { type: 'string', describe: 'merge with what the machine has (in /etc/nginx, or in this folder)' })
    .option('fail-on', { choices: severities, default: 'error' as const, describe: 'the least severity that fails' })
    .option('format', { choices: reportFormats, default: 'text' as const, describe: 'how findings are printed' })
    .option('sandbox', {
      choices: ['auto', 'bwrap', 'none'] as const,
      default: 'auto' as const,
      describe: 'none: a partial test',
    })
    .option('templates', {
      type: 'string',
      requiresArg: true,
      describe: 'your own templates, laid over the shipped ones',
    })
    .option('allow-raw', { type: 'boolean', default: false, describe: 'let raw nginx text of the spec through' })
    .example('keepgate check', 'prove keepgate.yaml with the nginx installed here')
    .example('keepgate check --live', 'together with what /etc/nginx holds already')
    .example('keepgate check specs/ --nginx /opt/nginx-1.22/sbin/nginx', 'with another nginx')
    .example('keepgate check --format sarif --fail-on warning', 'in a pipeline') as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const sources = await readSpecFiles(argv.spec ?? [], io);
  const { spec, places, diagnostics } = loadSpec(sources);
  const findings = new Findings(diagnostics);
  if (spec) await checkSpec(spec, places, argv, io, findings);
  const { pages } = argv.format === 'sarif' ? await import('../../diagnostic-pages.ts') : { pages: undefined };
  const output = report(argv.format, findings.all, {
    color: wantsColor(io.stdout, io.env),
    ignored: findings.ignored,
    root: io.cwd,
    extra: { nginx: findings.verdicts },
    ...(pages && { pages }),
  });
  io.stdout.write(output);
  if (reaches(findings.all, argv.failOn) && !findings.incomplete) return exitCode.wrong;
  return findings.incomplete ? exitCode.environment : exitCode.done;
}

/** What has been found so far: the same finding for several nginx is one. */
class Findings {
  readonly verdicts: { readonly nginx: string; readonly outcome: string }[] = [];
  ignored: readonly { readonly diagnostic: Diagnostic; readonly reason: string }[] = [];
  /** The environment kept something from being tested. */
  incomplete = false;
  readonly #all = new Map<string, Diagnostic>();

  constructor(diagnostics: readonly Diagnostic[]) {
    this.add(diagnostics);
  }

  get all(): readonly Diagnostic[] {
    return [...this.#all.values()];
  }

  add(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const { code, message, at, site } = diagnostic;
      this.#all.set(JSON.stringify([code, message, at, site]), diagnostic);
    }
  }
}

async function checkSpec(spec: Spec, places: Places, argv: Options, io: Io, findings: Findings): Promise<void> {
  const named = namedTarget({}, spec.nginx, io);
  const machines = await machinesOf(argv, io, findings);
  if (machines.length === 0 && named === undefined) return;
  const layout = (): 'debian' | 'conf.d' => layoutOf(spec.nginx);
  if (argv.nginx === undefined && named && machines[0]) findings.add(contradiction(named, machines[0].target, places));
  let inspected = false;
  const steps = progress(io);
  for (const machine of machines.length > 0 ? machines : [undefined]) {
    const target = argv.nginx === undefined ? (named ?? machine?.target) : machine?.target;
    if (!target) continue;
    const configured = configureFor(spec, places, target, { allowRaw: argv.allowRaw, layout });
    if (!configured.ok) {
      findings.add(configured.diagnostics);
      continue;
    }
    const { resolved, diagnostics, ignored } = configured.configuration;
    findings.add(diagnostics);
    findings.ignored = ignored;
    if (!inspected) {
      const { inspectFiles } = await import('../../check/disk.ts');
      findings.add(inspectFiles(resolved, places, new Date()));
      inspected = true;
    }
    if (reaches(diagnostics, 'error') || !machine) continue;
    steps.say(`nginx ${machine.target.version}: nginx -t of ${resolved.model.sites.length} sites`);
    await testWith(machine, target, resolved, places, argv, findings);
  }
  steps.end();
}

async function testWith(
  machine: NginxBinary,
  target: Target,
  resolved: Parameters<typeof import('../../check/check.ts')['checkWithNginx']>[2],
  places: Places,
  argv: Options,
  findings: Findings,
): Promise<void> {
  const [{ checkWithNginx }, { selfSigned }, { render }] = await Promise.all([
    import('../../check/check.ts'),
    import('../../certs/self-signed.ts'),
    import('../../render/render.ts'),
  ]);
  const templates =
    argv.templates === undefined
      ? undefined
      : (await import('../../render/user-templates.ts')).readTemplates(argv.templates);
  const verdict = await checkWithNginx(machine, render(resolved.model, target, templates), resolved, places, {
    standIn: selfSigned([]),
    raw: argv.allowRaw || templates !== undefined,
    live: argv.live === undefined ? undefined : argv.live === '' ? '/etc/nginx' : argv.live,
    sandbox: argv.sandbox,
  });
  findings.add(verdict.diagnostics);
  findings.verdicts.push({ nginx: verdict.nginx, outcome: verdict.outcome });
  if (verdict.outcome === 'failed' || verdict.outcome === 'partial') findings.incomplete = true;
}

/** The nginx to test with: those of the command line, else the one installed here. One that can't run is a finding. */
async function machinesOf(argv: Options, io: Io, findings: Findings): Promise<NginxBinary[]> {
  const { inspectNginx } = await import('../../nginx/binary.ts');
  const found: NginxBinary[] = [];
  for (const inspect of argv.nginx?.map((path) => () => inspectNginx(path)) ?? [() => installedNginx(io)]) {
    try {
      found.push(await inspect());
    } catch (error) {
      if (!(error instanceof KeepgateError)) throw error;
      findings.add([error.diagnostic]);
      findings.incomplete = true;
    }
  }
  return found;
}

function contradiction(named: Target, installed: Target, places: Places): Diagnostic[] {
  if (named.version === installed.version) return [];
  const at = places.locate(['nginx', 'target']);
  const message = `the spec is for nginx ${named.version}, and nginx ${installed.version} is installed here`;
  const help = 'Change nginx.target, or name the nginx to test with: --nginx BIN';
  return [{ code: 'target-mismatch', severity: 'error', message, help, ...(at && { at }) }];
}

export const command: Command<Options> = { options, run };
