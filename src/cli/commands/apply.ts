import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { Goal, Refused } from '../../deploy/apply.ts';
import { expectedCertificates } from '../../deploy/expected-certificates.ts';
import type { Plan } from '../../deploy/plan.ts';
import { type Diagnostic, reaches } from '../../diagnostic.ts';
import type { Model } from '../../model/site.ts';
import { isSameNginx, nginxName } from '../../model/target.ts';
import type { Command } from '../command.ts';
import { type ApplyRunOptions, applyRunOptions, openPorts, runInstall } from '../install-run.ts';
import {
  goalOf,
  type Installation,
  type InstallOptions,
  installOptions,
  makeStandIns,
  missingCertificates,
  prepare,
} from '../installation.ts';
import { exitCode, type Io } from '../io.ts';
import { say } from '../report/say.ts';
import { operandsForName } from '../spec-names.ts';

interface Options extends InstallOptions, ApplyRunOptions {}

function options(yargs: Argv): Argv<Options> {
  return applyRunOptions(installOptions(yargs))
    .example('sudo keepgate apply', 'install keepgate.yaml where nginx reads, and have nginx take it')
    .example('keepgate apply --dry-run', 'everything but the change')
    .example('keepgate apply --as shop - < shop.yaml', 'a spec without a path; its sites are known by the name')
    .example('keepgate apply --adopt api', 'the site api of another spec belongs to this one from now on')
    .example(
      'keepgate apply --root /mnt/image api.yaml',
      'into the file system of an image',
    ) as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { format } = argv;
  const prepared = await prepare(argv, io);
  if (!prepared.ok) {
    await say({ format, ...prepared.findings }, io);
    return exitCode.wrong;
  }
  const { installation } = prepared;
  const { place, binary, configuration } = installation;
  const { ignored, resolved } = configuration;
  const { inspectInstalled } = await import('../installed-files.ts');
  const diagnostics = [...configuration.diagnostics, ...inspectInstalled(installation, io.now())];
  if (reaches(diagnostics, 'error')) {
    await say({ format, diagnostics, ignored }, io);
    return exitCode.wrong;
  }
  const goal = async (): Promise<Goal | Refused> => {
    const now = await installation.again();
    if (!now.ok) return { refused: now.findings.diagnostics };
    return { by: 'apply', ...goalOf(now.installation), ...stepsOf(now.installation, argv, io) };
  };
  const words = installation.specs.flatMap(operandsForName);
  return runInstall(
    { place, binary, goal, options: argv, diagnostics, ignored, ports: portsOf(resolved.model), words },
    io,
  );
}

function stepsOf(installation: Installation, argv: Options, io: Io) {
  const { rendered, configuration } = installation;
  const expect = (plan: Plan) => {
    const changed = new Set(plan.files.map(({ path }) => path));
    const sites = new Set(rendered.files.flatMap(({ path, site }) => (changed.has(path) && site ? [site] : [])));
    return expectedCertificates(configuration.resolved.model.sites.filter(({ name }) => sites.has(name)));
  };
  return {
    prove: (plan: Plan) => prove(installation, plan, argv),
    missing: () => missingCertificates(installation),
    standIn: (names: readonly string[]) => makeStandIns(installation, names, io),
    expect,
  };
}

function portsOf({ sites }: Model): number[] {
  return openPorts(sites.flatMap(({ listen }) => [...listen.http, ...listen.https.map(({ address }) => address)]));
}

/** The merged configuration in a sandbox, clashes with the machine's own included. What could not be tested is an error. */
async function prove(
  { place, binary, configuration, rendered }: Installation,
  plan: Plan,
  { sandbox, allowRaw, templates }: Options,
): Promise<readonly Diagnostic[]> {
  const { resolved, places, target } = configuration;
  const other = binary === undefined || !isSameNginx(target, binary.target);
  if (other && place.live)
    return [
      {
        code: 'target-mismatch',
        severity: 'error',
        message: `the spec is for ${nginxName(target)}, and ${binary ? nginxName(binary.target) : 'no nginx'} is installed here`,
        help: 'Change nginx.target, or install elsewhere: --root DIR',
      },
    ];
  if (other) return [notProven(`no ${nginxName(target)} is here to test with, so what was installed is not tested`)];
  if (sandbox === 'none')
    return place.live ? [] : [notProven('what was installed is not tested, as --sandbox none asks')];
  const [{ checkWithNginx }, { selfSigned }] = await Promise.all([
    import('../../check/check.ts'),
    import('../../certs/self-signed.ts'),
  ]);
  const { diagnostics, obstacle } = await checkWithNginx(binary, rendered, resolved, places, {
    standIn: selfSigned([]),
    raw: allowRaw || templates !== undefined,
    live: existsSync(join(place.folder, 'nginx.conf')) ? place.folder : undefined,
    without: plan.remove,
    sandbox: 'auto',
  });
  return obstacle ? [...diagnostics, { ...obstacle, severity: 'error' }] : diagnostics;
}

function notProven(message: string): Diagnostic {
  return {
    code: 'apply-not-tested',
    severity: 'warning',
    message,
    help: 'Test it there: nginx -t. Or name one of that version: --nginx BIN',
  };
}

export const command: Command<Options> = { options, run };
