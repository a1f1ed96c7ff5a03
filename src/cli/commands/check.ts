import { resolve as resolvePath } from 'node:path';
import type { Argv } from 'yargs';
import type { NginxVerdict } from '../../check/check.ts';
import { pathsBelowFiles } from '../../check/path-below-file.ts';
import { type Diagnostic, KeepgateError, reaches, type Severity, severities } from '../../diagnostic.ts';
import type { SpecRecords } from '../../model/claims.ts';
import type { Resolved } from '../../model/resolve.ts';
import { isSameNginx, nginxName, type Target } from '../../model/target.ts';
import type { NginxBinary } from '../../nginx/binary.ts';
import { type LoadedSpec, loadSpec, type Places } from '../../spec/load.ts';
import type { Spec } from '../../spec/types.gen.ts';
import type { Command } from '../command.ts';
import { type CommonOptions, commonOptions } from '../common-options.ts';
import { configureFor } from '../configuration.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { progress } from '../progress.ts';
import { type Ignored, type ReportFormat, report, reportFormats } from '../report/index.ts';
import { readSpecFiles, type SpecFile } from '../spec-files.ts';
import { type NameOptions, nameOption, namesOf } from '../spec-names.ts';
import { layoutOf, namedTarget, newestNginx } from '../target.ts';

interface Options extends CommonOptions, NameOptions {
  live?: string;
  nginx?: string[];
  failOn: Severity;
  sandbox: 'auto' | 'bwrap' | 'none';
  format: ReportFormat;
}

function options(yargs: Argv): Argv<Options> {
  return nameOption(commonOptions(yargs))
    .option('nginx', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'test with this nginx; may be given several times',
    })
    .option('live', {
      type: 'string',
      describe: 'merge with what /etc/nginx has; with --live=DIR, with what that folder has',
    })
    .option('fail-on', { choices: severities, default: 'error' as const, describe: 'the least severity that fails' })
    .option('format', { choices: reportFormats, default: 'text' as const, describe: 'how findings are printed' })
    .option('sandbox', {
      choices: ['auto', 'bwrap', 'none'] as const,
      default: 'auto' as const,
      describe: 'none: a partial test, on purpose',
    })
    .example('keepgate check', 'prove keepgate.yaml with the nginx installed here')
    .example('keepgate check --live', 'together with what /etc/nginx holds already')
    .example('keepgate check --live=/srv/etc/nginx api.yaml', 'with another folder, and with a spec')
    .example('keepgate check specs/ --nginx /opt/nginx-1.22/sbin/nginx', 'with another nginx')
    .example('keepgate check --format sarif --fail-on warning', 'in a pipeline') as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const findings = new Findings();
  try {
    const sources = await readSpecFiles(argv.spec ?? [], io);
    const loaded = loadSpec(sources);
    const { spec, places, diagnostics } = loaded;
    findings.add(diagnostics);
    if (spec) {
      const live = await besideLive(spec, loaded, sources, argv, io);
      findings.add(live.diagnostics);
      await checkSpec(spec, places, live.others, argv, io, findings);
    }
  } catch (error) {
    // whoever asked for a document gets one
    if (!(error instanceof KeepgateError) || argv.format === 'text') throw error;
    if (error.exitCode === exitCode.environment) findings.addObstacle(error.diagnostic);
    else findings.add([error.diagnostic]);
  }
  const { pages } = argv.format === 'sarif' ? await import('../../diagnostic-pages.ts') : { pages: undefined };
  const output = report(argv.format, findings.all, {
    color: wantsColor(io.stdout, io.env),
    ignored: findings.ignored,
    root: io.cwd,
    extra: { nginx: findings.verdicts },
    ...(pages && { pages }),
  });
  io.stdout.write(argv.format === 'text' ? `${output}${inWords(findings.verdicts)}` : output);
  if (findings.reach(argv.failOn)) return exitCode.wrong;
  return findings.incomplete ? exitCode.environment : exitCode.done;
}

const verdictWords: Readonly<Record<NginxVerdict['outcome'], string>> = {
  passed: 'accepts what is rendered for it (nginx -t, in a sandbox)',
  refused: 'refuses what is rendered for it',
  partial: 'accepts what could be tested without a sandbox',
  failed: 'could not be asked',
};

function inWords(verdicts: Findings['verdicts']): string {
  return verdicts.map(({ nginx, outcome }) => `${nginx} ${verdictWords[outcome]}\n`).join('');
}

/** What has been found so far: the same finding for several nginx is one. */
class Findings {
  readonly verdicts: Pick<NginxVerdict, 'nginx' | 'outcome'>[] = [];
  ignored: readonly Ignored[] = [];
  readonly #found = new Map<string, Diagnostic>();
  readonly #obstacles = new Map<string, Diagnostic>();
  readonly #chosen = new Set<string>();

  get all(): readonly Diagnostic[] {
    return [...this.#found.values(), ...this.#obstacles.values()];
  }

  /** The environment kept something from being tested. */
  get incomplete(): boolean {
    return this.#obstacles.size > this.#chosen.size;
  }

  reach(threshold: Severity): boolean {
    return reaches(this.#found.values(), threshold);
  }

  add(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) this.#found.set(identity(diagnostic), diagnostic);
  }

  /** Why something was not tested, by choice or against one's will; that says nothing against the configuration. */
  addObstacle(diagnostic: Diagnostic, isChosen = false): void {
    this.#obstacles.set(identity(diagnostic), diagnostic);
    if (isChosen) this.#chosen.add(identity(diagnostic));
  }
}

const identity = ({ code, message, at, site }: Diagnostic): string => JSON.stringify([code, message, at, site]);

/** With --live: what `apply` has installed there from other specs. */
async function besideLive(
  spec: Spec,
  loaded: LoadedSpec,
  sources: readonly SpecFile[],
  { live, as }: Options,
  io: Io,
): Promise<{ others: SpecRecords; diagnostics: readonly Diagnostic[] }> {
  if (live === undefined) return { others: {}, diagnostics: [] };
  const { lookBeside } = await import('../beside.ts');
  const unnamed = as === undefined && sources.some(({ origin }) => origin === undefined);
  return lookBeside(liveFolder(live, io), { spec, loaded, sources, names: unnamed ? undefined : namesOf(sources, as) });
}

const liveFolder = (live: string, { cwd }: Io): string => resolvePath(cwd, live || '/etc/nginx');

async function checkSpec(
  spec: Spec,
  places: Places,
  others: SpecRecords,
  argv: Options,
  io: Io,
  findings: Findings,
): Promise<void> {
  const pin = pinOf(spec, places, argv, io, findings);
  const named = argv.nginx === undefined ? pin : undefined;
  const machines = await machinesOf(argv, io, findings);
  const layout = (): 'debian' | 'conf.d' => layoutOf(spec.nginx);
  const mismatch = named && machines[0] ? contradiction(named, machines[0].target, places) : [];
  if (pin && !named) findings.add(notTested(pin, machines, places));
  findings.add(mismatch);
  // a test with another nginx than the files are for would prove nothing
  const asked = mismatch.length === 0 ? machines : [];
  let inspected = false;
  const steps = progress(io);
  try {
    for (const machine of asked.length > 0 ? asked : [undefined]) {
      const isPinned = pin !== undefined && machine !== undefined && isSameNginx(pin, machine.target);
      const target = named ?? (isPinned ? pin : machine?.target) ?? newestNginx;
      const configured = configureFor(spec, places, target, { allowRaw: argv.allowRaw, layout, others });
      if (!configured.ok) {
        findings.add(configured.diagnostics);
        continue;
      }
      const { resolved, diagnostics, ignored } = configured.configuration;
      findings.add(diagnostics);
      findings.ignored = ignored;
      const impossible = pathsBelowFiles(resolved, places);
      findings.add(impossible);
      if (!inspected) {
        const { inspectFiles } = await import('../../check/disk.ts');
        // with --nginx it is tested for another machine, such as in a pipeline
        const missing = argv.nginx === undefined || argv.live !== undefined ? 'warning' : 'info';
        findings.add(inspectFiles(resolved, places, io.now(), missing));
        inspected = true;
      }
      if (reaches([...diagnostics, ...impossible], 'error') || !machine) continue;
      const { sites } = resolved.model;
      steps.say(`${nginxName(machine.target)}: nginx -t of ${sites.length} site${sites.length === 1 ? '' : 's'}`);
      await testWith(machine, target, resolved, places, argv, io, findings);
    }
  } finally {
    steps.end();
  }
}

async function testWith(
  machine: NginxBinary,
  target: Target,
  resolved: Resolved,
  places: Places,
  argv: Options,
  io: Io,
  findings: Findings,
): Promise<void> {
  const [{ checkWithNginx }, { selfSigned }] = await Promise.all([
    import('../../check/check.ts'),
    import('../../certs/self-signed.ts'),
  ]);
  const { model } = resolved;
  const rendered =
    argv.templates === undefined
      ? (await import('../../render/render.ts')).render(model, target)
      : (await import('../template-files.ts')).renderWithTemplates(argv.templates, model, target, io);
  const { nginx, outcome, diagnostics, obstacle } = await checkWithNginx(machine, rendered, resolved, places, {
    standIn: selfSigned([]),
    raw: argv.allowRaw || argv.templates !== undefined,
    live: argv.live === undefined ? undefined : liveFolder(argv.live, io),
    sandbox: argv.sandbox,
  });
  findings.add(diagnostics);
  if (obstacle) findings.addObstacle(obstacle, outcome === 'partial' && argv.sandbox === 'none');
  findings.verdicts.push({ nginx, outcome });
}

/** The nginx to test with: those of the command line, else the one installed here. One that can't run is an obstacle. */
async function machinesOf(argv: Options, io: Io, findings: Findings): Promise<NginxBinary[]> {
  const { findNginx, inspectNginx } = await import('../../nginx/binary.ts');
  const installed = argv.nginx === undefined ? await findNginx(io.env) : undefined;
  const found: NginxBinary[] = [];
  for (const path of argv.nginx ?? (installed === undefined ? [] : [installed])) {
    try {
      found.push(await inspectNginx(resolvePath(io.cwd, path)));
    } catch (error) {
      if (!(error instanceof KeepgateError)) throw error;
      findings.addObstacle(error.diagnostic);
    }
  }
  if (argv.nginx === undefined && installed === undefined)
    findings.addObstacle({
      code: 'nginx-missing',
      severity: 'error',
      message: 'no nginx is installed here, so nothing was tested with one',
      help: 'Install it (sudo apt-get install nginx), or name one: --nginx BIN',
    });
  return found;
}

/** The target of the spec. With --nginx the test can do without, so a file of it that can't be read is no error. */
function pinOf(spec: Spec, places: Places, argv: Options, io: Io, findings: Findings): Target | undefined {
  try {
    return namedTarget({}, spec.nginx, places, io);
  } catch (error) {
    if (argv.nginx === undefined || !(error instanceof KeepgateError)) throw error;
    const at = places.locate(['nginx', 'target']);
    findings.add([{ ...error.diagnostic, severity: 'warning', ...(at && { at }) }]);
    return undefined;
  }
}

function notTested(pin: Target, machines: readonly NginxBinary[], places: Places): Diagnostic[] {
  if (machines.length === 0 || machines.some(({ target }) => isSameNginx(pin, target))) return [];
  const names = machines.map(({ target }) =>
    (pin.fork ?? target.fork) === undefined ? target.version : nginxName(target),
  );
  const at = places.locate(['nginx', 'target']);
  const message = `the spec is for ${nginxName(pin)}, which none of --nginx has: ${names.join(', ')}`;
  const help = `Add the nginx of that version: --nginx BIN`;
  return [{ code: 'target-not-tested', severity: 'warning', message, help, ...(at && { at }) }];
}

function contradiction(named: Target, installed: Target, places: Places): Diagnostic[] {
  if (isSameNginx(named, installed)) return [];
  const at = places.locate(['nginx', 'target']);
  const message = `the spec is for ${nginxName(named)}, and ${nginxName(installed)} is installed here`;
  const help = 'Change nginx.target, or name the nginx to test with: --nginx BIN';
  return [{ code: 'target-mismatch', severity: 'error', message, help, ...(at && { at }) }];
}

export const command: Command<Options> = { options, run, valueAfterEquals: ['live'] };
