import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import type { Folder } from '../../../domino/folder.ts';
import { storeKinds } from '../../../domino/installation.ts';
import { type OpenedKeyStore, openKeyStore } from '../../../domino/key-store-contents.ts';
import { thisMachine } from '../../../domino/leads-here.ts';
import { planTls } from '../../../domino/plan-tls.ts';
import type { OwnTls } from '../../../domino/tls-settings.ts';
import type { Command } from '../../command.ts';
import type { Io } from '../../io.ts';
import { type StoreOptions, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { carryOut, consoleCommands, undo } from './carry-out.ts';
import { type DataOptions, dataOptions, environmentOf, inDataFolder } from './data-options.ts';
import { isAbsolute, ownTls, type StoreFile, type StoreFileOptions } from './own-tls.ts';
import { certificateOf } from './tls-certificate.ts';

interface Options extends DataOptions, StoreFileOptions, StoreOptions {
  data?: string;
  out?: string;
  name?: string;
  host?: string;
  overlay: string;
  lookup: boolean;
}

const options = (yargs: Argv): Argv<Options> =>
  storeOption(dataOptions(yargs))
    .positional('name', { type: 'string', describe: 'a certificate of the store, which names the host' })
    .option('as', { choices: storeKinds, describe: 'the kind of the key store; certmgr: of Domino itself' })
    .option('file', { type: 'string', requiresArg: true, describe: 'the key store, or with pem the private key' })
    .option('chain', { type: 'string', requiresArg: true, describe: 'with pem: the certificate chain' })
    .option('cert-store-name', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'with certmgr: which of its certificates; * stands for any part',
    })
    .option('host', { type: 'string', requiresArg: true, describe: 'a name of the certificate that leads to Domino' })
    .option('password-file', { type: 'string', requiresArg: true, describe: 'its first line is the password' })
    .option('password-in-environment', {
      type: 'boolean',
      default: false,
      describe: 'the password is in the environment of the REST API, as TLSPassword',
    })
    .option('overlay', {
      type: 'string',
      default: 'keepgate-tls.json',
      requiresArg: true,
      describe: 'the file in keepconfig.d; later ones in the alphabet override it',
    })
    .option('path-style', {
      choices: ['posix', 'windows'] as const,
      default: 'posix' as const,
      describe: 'with --out: the paths of the machine that it is for',
    })
    .option('lookup', { type: 'boolean', default: true, describe: 'see whether the host name leads here' })
    .example(
      'sudo keepgate domino tls domino --data /local/notesdata --as pfx --file keepgate/domino.pfx --dry-run',
      'what would change',
    )
    .example(
      'keepgate domino tls --out prepared --data C:/Domino/Data --path-style windows --as certmgr --host api.example.com',
      'for another machine',
    ) as unknown as Argv<Options>;

async function run(argv: Options, io: Io): Promise<number> {
  if (argv.data === undefined) throw new UsageError("name Domino's data folder with --data, as Domino sees it");
  if (argv.pathStyle === 'windows' && argv.out === undefined)
    throw new UsageError('--path-style windows prepares files for another machine: say with --out where');
  if (!/^[\w.-]+\.json$/.test(argv.overlay)) throw new UsageError('--overlay takes a file name that ends in .json');
  const data = argv.out === undefined ? resolve(io.cwd, argv.data) : argv.data;
  if (!isAbsolute(data, argv.pathStyle))
    throw new UsageError(`--data with --out is an absolute path of the other machine, not "${data}"`);
  return inDataFolder(argv, io, async (folder) =>
    argv.undo ? undo(folder, 'tls', argv, io) : setUp(folder, { ...argv, data }, io),
  );
}

async function setUp(folder: Folder, argv: Options, io: Io): Promise<number> {
  const environment = environmentOf(argv.environmentFile, io);
  const { tls, files } = ownTls(argv, environment, folder, io);
  const elsewhere = argv.out !== undefined;
  const opened = await contentsOf(tls, files, environment);
  const planned = await planTls(folder, {
    tls,
    environment,
    files,
    overlay: argv.overlay,
    host: argv.host,
    certificate: (await certificateOf(argv, io)) ?? opened.leaf,
    elsewhere,
    ...(argv.lookup && !elsewhere && { machine: thisMachine }),
  });
  const diagnostics = [...planned.diagnostics, ...opened.diagnostics];
  return carryOut(folder, 'tls', { ...planned, diagnostics, next: nextSteps(argv, planned.iniLine) }, argv, io);
}

async function contentsOf(
  tls: OwnTls,
  files: readonly StoreFile[],
  environment: Readonly<Record<string, string>>,
): Promise<OpenedKeyStore> {
  const paths = files.flatMap(({ here }) => here ?? []);
  if (tls.as === 'certmgr' || paths.length < files.length) return { diagnostics: [] };
  const { password } = tls;
  const known = {
    none: '',
    environment: environment.TLSPassword,
    given: password.from === 'given' ? password.text : '',
  };
  return openKeyStore(tls.as, paths, known[password.from]);
}

function nextSteps({ out, data }: Options, iniLine: string): string[] {
  if (out === undefined) return [...consoleCommands];
  return [
    '',
    `Next: copy what is in ${out} to ${data}, and what the key store needs; in notes.ini there this line counts`,
    `  ${iniLine}`,
    ...consoleCommands,
  ];
}

export const command: Command<Options> = { options, run };
