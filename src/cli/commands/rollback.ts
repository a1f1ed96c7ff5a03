import type { Argv } from 'yargs';
import type { Goal } from '../../deploy/apply.ts';
import { expectedCertificates } from '../../deploy/expected-certificates.ts';
import { inInstallFolder } from '../../deploy/install-folder.ts';
import { type PastChange, readHistory } from '../../deploy/journal.ts';
import { installFolder } from '../../deploy/place.ts';
import type { Plan } from '../../deploy/plan.ts';
import { wantedOf } from '../../deploy/snapshot.ts';
import { KeepgateError } from '../../diagnostic.ts';
import { manifestName } from '../../render/render.ts';
import { visible } from '../../visible.ts';
import type { Command } from '../command.ts';
import { type ApplyRunOptions, applyRunOptions, openPorts, runInstall } from '../install-run.ts';
import { makeStandIns, missingCertificates, nginxHere } from '../installation.ts';
import { exitCode, type Io } from '../io.ts';
import { toJson } from '../report/json.ts';
import { addressesOf, servedSites, storedCertificates } from '../restored-sites.ts';
import { UsageError } from '../usage-error.ts';

interface Options extends ApplyRunOptions {
  root?: string;
  nginx?: string;
  to?: number;
  list: boolean;
}

function options(yargs: Argv): Argv<Options> {
  return applyRunOptions(yargs)
    .option('to', { type: 'number', requiresArg: true, describe: 'the state before the change of this number' })
    .option('list', { type: 'boolean', default: false, describe: 'list the changes that can be undone' })
    .option('root', { type: 'string', requiresArg: true, describe: 'where it was installed, as with apply' })
    .option('nginx', { type: 'string', requiresArg: true, describe: 'the nginx that reads it' })
    .example('sudo keepgate rollback', 'undo the last apply')
    .example('sudo keepgate rollback --list', 'what can be undone')
    .example('sudo keepgate rollback --to 3', 'the state before change 3') as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { to } = argv;
  if (to !== undefined && (!Number.isInteger(to) || to < 1))
    throw new UsageError('--to takes the number of a change; see them with: keepgate rollback --list');
  const binary = await nginxHere(argv, io);
  const place = installFolder(argv.root, binary?.confDir, io.cwd);
  const history = await inInstallFolder(place.folder, readHistory);
  if (argv.list) {
    io.stdout.write(argv.format === 'json' ? toJson(history.map(entryOf)) : inWords(history));
    return exitCode.done;
  }
  const goal = goalOf(choose(history, to));
  const prove = async (plan: Plan) =>
    argv.sandbox === 'none' || binary === undefined
      ? []
      : (await import('../../check/past-state.ts')).provePast(binary, place.folder, goal.wanted, plan);
  const { files } = goal.wanted;
  const certificates = place.fileSystem === undefined ? [] : storedCertificates(servedSites(files), place.fileSystem);
  const steps = {
    prove,
    missing: () => missingCertificates({ place, certificates }),
    standIn: (names: readonly string[]) => makeStandIns({ place, certificates }, names, io),
    expect: (plan: Plan) => expectedCertificates(servedSites(plan.files)),
  };
  const ports = openPorts(addressesOf(files));
  return runInstall({ place, binary, goal, options: argv, diagnostics: [], ignored: [], ports, steps }, io);
}

function choose(history: readonly PastChange[], to: number | undefined): PastChange {
  const chosen = history.find(({ number, by }) => (to === undefined ? by === 'apply' : number === to));
  if (chosen !== undefined) return chosen;
  throw new KeepgateError(1, {
    code: 'rollback-unknown',
    message: to === undefined ? 'nothing was applied here that could be undone' : `there is no change ${to} to undo`,
    help: 'See what there is: keepgate rollback --list',
  });
}

function goalOf({ before }: PastChange): Goal {
  const manifest = before.files[manifestName];
  return {
    by: 'rollback',
    wanted: wantedOf(before, [manifestName]),
    manifest: manifest && Buffer.from(manifest.bytes, 'base64'),
  };
}

function entryOf({ number, at, by, after, before }: PastChange) {
  const paths = Object.keys(after).filter((path) => path !== manifestName);
  const was = (path: string): boolean => before.files[path] !== undefined || before.links[path] !== undefined;
  return {
    number,
    at,
    by,
    created: paths.filter((path) => after[path] !== '' && !was(path)),
    changed: paths.filter((path) => after[path] !== '' && was(path)),
    removed: paths.filter((path) => after[path] === ''),
  };
}

function inWords(history: readonly PastChange[]): string {
  return history
    .map(entryOf)
    .map(({ number, at, by, created, changed, removed }) => {
      const what = [
        [created, 'new'],
        [changed, 'changed'],
        [removed, 'removed'],
      ] as const;
      const counts = what.flatMap(([paths, word]) => (paths.length > 0 ? [`${paths.length} ${word}`] : []));
      return `${number}  ${visible(at)}  ${visible(by).padEnd(8)}  ${counts.join(', ') || 'manifest only'}\n`;
    })
    .join('');
}

export const command: Command<Options> = { options, run };
