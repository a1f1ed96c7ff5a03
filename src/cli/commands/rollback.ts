import type { Argv } from 'yargs';
import type { Goal, Refused } from '../../deploy/apply.ts';
import { inInstallFolder } from '../../deploy/install-folder.ts';
import { installedSpecs } from '../../deploy/installed-specs.ts';
import { type PastChange, readHistory } from '../../deploy/journal.ts';
import { areAlone, goBack, installedThen, snapshotOfSites, specsKnown } from '../../deploy/past-specs.ts';
import { installFolder } from '../../deploy/place.ts';
import { remade } from '../../deploy/remade.ts';
import { wantedOf } from '../../deploy/snapshot.ts';
import { KeepgateError } from '../../diagnostic.ts';
import { settingsIn, sharedTarget } from '../../model/claims.ts';
import { nginxFeatures } from '../../model/nginx-features.ts';
import { manifestName } from '../../render/render.ts';
import { visible } from '../../visible.ts';
import type { Command } from '../command.ts';
import { type ApplyRunOptions, applyRunOptions, openPorts, runInstall } from '../install-run.ts';
import { nginxHere } from '../installation.ts';
import { exitCode, type Io } from '../io.ts';
import { pastDisputes } from '../past-disputes.ts';
import { stepsFor } from '../past-steps.ts';
import { toJson } from '../report/json.ts';
import { addressesOf } from '../restored-sites.ts';
import { type NameOptions, nameOption, namesOfOperands, operandsForName } from '../spec-names.ts';
import { UsageError } from '../usage-error.ts';

interface Options extends ApplyRunOptions, NameOptions {
  spec?: string[];
  root?: string;
  nginx?: string;
  to?: number;
  all: boolean;
  list: boolean;
}

function options(yargs: Argv): Argv<Options> {
  return nameOption(applyRunOptions(yargs))
    .positional('spec', {
      type: 'string',
      array: true,
      describe: 'whose last apply is undone (keepgate.yaml; where there is none, the only spec that is installed)',
    })
    .option('to', { type: 'number', requiresArg: true, describe: 'the state before the change of this number' })
    .option('all', { type: 'boolean', default: false, describe: 'for all specs of the machine, not for one' })
    .option('list', { type: 'boolean', default: false, describe: 'list the changes that can be undone' })
    .option('root', { type: 'string', requiresArg: true, describe: 'where it was installed, as with apply' })
    .option('nginx', { type: 'string', requiresArg: true, describe: 'the nginx that reads it' })
    .example('sudo keepgate rollback', "undo this spec's last apply; other specs stay as they are")
    .example('sudo keepgate rollback --list', 'what can be undone')
    .example('sudo keepgate rollback --to 3', 'this spec as it was before change 3')
    .example('sudo keepgate rollback --all', "undo the machine's last change") as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { to, all } = argv;
  if (to !== undefined && (!Number.isInteger(to) || to < 1))
    throw new UsageError('--to takes the number of a change; see them with: keepgate rollback --list');
  const binary = await nginxHere(argv, io);
  const place = installFolder(argv.root, binary?.confDir, io.cwd);
  const history = await inInstallFolder(place.folder, readHistory);
  if (argv.list) {
    io.stdout.write(argv.format === 'json' ? toJson(history.map(entryOf)) : inWords(history));
    return exitCode.done;
  }
  const installed = installedSpecs(place.folder);
  const specs = all ? 'all' : whose(argv, specsKnown(installed, []), specsKnown(installed, history), io);
  const change = choose(history, specs, to);
  const goal = async (): Promise<Goal | Refused> => {
    const found = goalOf(change, specs, history, installedSpecs(place.folder), place.live ? binary?.target : undefined);
    return 'refused' in found ? found : { ...found, ...stepsFor(found.wanted, { place, binary, ...argv }, io) };
  };
  const ports = openPorts(addressesOf(wantedOf(change.before, [manifestName]).files));
  const words = specs === 'all' ? ['--all'] : [...specs].flatMap(operandsForName);
  return runInstall({ place, binary, goal, options: argv, diagnostics: [], ignored: [], ports, words }, io);
}

/**
 * `there`: the specs that have sites now; `known`: those that had some as well. `all`: where no spec is known, as of what 0.1.0 installed,
 * nothing has to be told apart.
 */
function whose(argv: Options, there: readonly string[], known: readonly string[], io: Io): ReadonlySet<string> | 'all' {
  const names = namesOfOperands(argv.spec ?? [], argv.as, known, io);
  const isGiven = argv.as !== undefined || (argv.spec ?? []).length > 0;
  if (known.length === 0 && !isGiven) return 'all';
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined)
    throw new KeepgateError(1, {
      code: 'rollback-unknown',
      message: `nothing of the spec ${strange} was installed here`,
      help:
        known.length === 0
          ? 'See what is installed: keepgate status'
          : `Name one that was, or all with --all: ${known.join(', ')}`,
    });
  if (names.length > 0) return new Set(names);
  const [only, ...more] = there.length > 0 ? there : known;
  if (only !== undefined && more.length === 0) return new Set([only]);
  throw new UsageError(
    `several specs are installed here: name the one whose last apply is to be undone, or all with --all: ${known.join(', ')}`,
  );
}

function choose(
  history: readonly PastChange[],
  specs: ReadonlySet<string> | 'all',
  to: number | undefined,
): PastChange {
  const isOfThem = (change: PastChange): boolean =>
    specs === 'all' || change.specs === undefined || change.specs.some((name) => specs.has(name));
  const chosen = history.find((change) =>
    to === undefined ? change.by !== 'rollback' && isOfThem(change) : change.number === to,
  );
  if (chosen !== undefined) return chosen;
  throw new KeepgateError(1, {
    code: 'rollback-unknown',
    message: to === undefined ? 'nothing was applied here that could be undone' : `there is no change ${to} to undo`,
    help: 'See what there is: keepgate rollback --list',
  });
}

type State = Omit<Goal, 'prove' | 'missing' | 'standIn' | 'expect'>;

function goalOf(
  change: PastChange,
  specs: ReadonlySet<string> | 'all',
  history: readonly PastChange[],
  installed: ReturnType<typeof installedSpecs>,
  target: NonNullable<typeof installed.manifest>['target'] | undefined,
): State | Refused {
  const { before, number } = change;
  const past = installedThen(before);
  const [now, then] = [installed.records, past.records];
  if (specs === 'all' || areAlone(specs, now, then)) {
    const manifest = before.files[manifestName];
    return {
      by: 'rollback',
      specs: [...new Set([...Object.keys(now), ...Object.keys(then)])].sort(),
      wanted: wantedOf(before, [manifestName]),
      manifest: manifest && Buffer.from(manifest.bytes, 'base64'),
    };
  }
  const changes = history.filter((one) => one.number >= number);
  const back = goBack(specs, now, then, changes);
  const nginx = sharedTarget(target, settingsIn(back.records)) ?? (installed.manifest ?? past.manifest)?.target;
  if (nginx === undefined) throw new TypeError('a state with several specs has a list of them');
  const reader = { target: nginx, features: nginxFeatures(nginx) };
  const refused = pastDisputes(back, { now, then, reader, installed: target !== undefined });
  if (refused.length > 0) return { refused };
  const restored = snapshotOfSites(before, back.restored);
  return {
    by: 'rollback',
    specs: [...specs].sort(),
    ...remade({ installed: installed.manifest, records: back.records, restored, target: nginx }),
  };
}

function entryOf({ number, at, by, specs = [], after, before }: PastChange) {
  const paths = Object.keys(after).filter((path) => path !== manifestName);
  const was = (path: string): boolean => before.files[path] !== undefined || before.links[path] !== undefined;
  return {
    number,
    at,
    by,
    specs,
    created: paths.filter((path) => after[path] !== '' && !was(path)),
    changed: paths.filter((path) => after[path] !== '' && was(path)),
    removed: paths.filter((path) => after[path] === ''),
  };
}

function inWords(history: readonly PastChange[]): string {
  return history
    .map(entryOf)
    .map(({ number, at, by, specs, created, changed, removed }) => {
      const what = [
        [created, 'new'],
        [changed, 'changed'],
        [removed, 'removed'],
      ] as const;
      const counts = what.flatMap(([paths, word]) => (paths.length > 0 ? [`${paths.length} ${word}`] : []));
      const of = specs.filter((name) => name !== '').join(', ');
      return `${number}  ${visible(at)}  ${visible(by).padEnd(8)}  ${counts.join(', ') || 'manifest only'}${of && `  ${visible(of)}`}\n`;
    })
    .join('');
}

export const command: Command<Options> = { options, run };
