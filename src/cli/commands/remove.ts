import type { Argv } from 'yargs';
import type { Goal, Refused } from '../../deploy/apply.ts';
import { type InstalledSpecs, installedSpecs } from '../../deploy/installed-specs.ts';
import { type InstallFolder, installFolder } from '../../deploy/place.ts';
import { withoutSites } from '../../deploy/plan-specs.ts';
import { remade } from '../../deploy/remade.ts';
import { type Diagnostic, KeepgateError } from '../../diagnostic.ts';
import { neighboursIn, settingsIn, sharedTarget } from '../../model/claims.ts';
import type { NginxBinary } from '../../nginx/binary.ts';
import { printable } from '../../nginx/printable.ts';
import type { Command } from '../command.ts';
import { type ApplyRunOptions, applyRunOptions, runInstall } from '../install-run.ts';
import { nginxHere } from '../installation.ts';
import { installedHere } from '../installed-sites.ts';
import type { Io } from '../io.ts';
import { stepsFor } from '../past-steps.ts';
import { operandsForName } from '../spec-names.ts';
import { UsageError } from '../usage-error.ts';

interface Options extends ApplyRunOptions {
  site?: string;
  root?: string;
  nginx?: string;
}

function options(yargs: Argv): Argv<Options> {
  return applyRunOptions(yargs)
    .positional('site', { type: 'string', describe: 'the site that is taken out, as keepgate status names it' })
    .option('root', { type: 'string', requiresArg: true, describe: 'where it was installed, as with apply' })
    .option('nginx', { type: 'string', requiresArg: true, describe: 'the nginx that reads it' })
    .example('sudo keepgate remove api', 'take the site api out, and have nginx take it')
    .example('keepgate remove api --dry-run', 'say what would be removed, and test it')
    .epilogue(
      'The certificate of the site stays. The next apply of its spec brings the site back, unless it is taken out there too.',
    ) as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { site } = argv;
  if (site === undefined) throw new UsageError('name the site that is to be taken out; see them with: keepgate status');
  const binary = await nginxHere(argv, io);
  const place = installFolder(argv.root, binary?.confDir, io.cwd);
  const first = goalOf(site, installedSpecs(place.folder), place, binary);
  if ('refused' in first && first.refused[0]) throw new KeepgateError(1, first.refused[0]);
  const installed = (await installedHere(place, io)).sites.find((one) => one.site === site);
  const goal = async (): Promise<Goal | Refused> => {
    const now = goalOf(site, installedSpecs(place.folder), place, binary);
    return 'refused' in now ? now : { ...now, ...stepsFor(now.wanted, { place, binary, ...argv }, io) };
  };
  const spec = installed?.spec;
  const after = [
    ...(installed?.certificate ? [`the certificate of ${site} stays: ${installed.certificate.path}`] : []),
    ...(spec === undefined
      ? []
      : [`the next apply of ${spec} brings ${site} back; to have it gone for good, take it out of that spec too`]),
  ];
  const words = spec === undefined ? ['--all'] : operandsForName(spec);
  return runInstall({ place, binary, goal, options: argv, diagnostics: [], ignored: [], ports: [], words, after }, io);
}

type State = Omit<Goal, 'prove' | 'missing' | 'standIn' | 'expect'>;

function goalOf(
  site: string,
  { manifest, records }: InstalledSpecs,
  { live, shown }: InstallFolder,
  binary: NginxBinary | undefined,
): State | Refused {
  const owner = neighboursIn(records).find((one) => one.site === site)?.spec;
  const left = withoutSites(records, new Set([site]));
  const target = sharedTarget(live ? binary?.target : undefined, settingsIn(left)) ?? manifest?.target;
  if (owner === undefined || target === undefined) return { refused: [unknown(site, shown)] };
  const restored = { files: {}, links: {} };
  return { by: 'remove', specs: [owner], ...remade({ installed: manifest, records: left, restored, target }) };
}

const unknown = (site: string, shown: string): Diagnostic => ({
  code: 'site-unknown',
  severity: 'error',
  message: `no site ${printable(site, 100)} of keepgate's is installed in ${shown}`,
  help: 'See what is installed: keepgate status',
});

export const command: Command<Options> = { options, run };
