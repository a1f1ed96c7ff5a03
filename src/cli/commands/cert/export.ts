import { dirname } from 'node:path';
import type { Argv } from 'yargs';
import { exportFormats } from '../../../certs/export/formats.ts';
import { type KeptExport, keptExports, rememberExport } from '../../../certs/export/kept.ts';
import { makeExport } from '../../../certs/export/make.ts';
import { placeExport } from '../../../certs/export/place.ts';
import { openStore } from '../../../certs/store.ts';
import { timerLacks } from '../../../deploy/timer-lacks.ts';
import { systemUnits } from '../../../deploy/timer-units.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io } from '../../io.ts';
import { storeFor, storeOption } from '../../store-option.ts';
import { hookOf, isKeptCurrent, inWords as keptInWords, timerLacksVariable } from './export-kept.ts';
import { exportPassword } from './export-password.ts';
import { givenPair, storedPair } from './export-source.ts';
import {
  aliasOf,
  type ExportOptions,
  nameOf,
  pathsOf,
  refuseExisting,
  type Wanted,
  wantedFrom,
} from './export-wanted.ts';
import { tell } from './tell.ts';

const options = (yargs: Argv): Argv<ExportOptions> =>
  storeOption(yargs)
    .positional('name', { type: 'string', describe: 'what the store calls it' })
    .option('cert', { type: 'string', requiresArg: true, describe: 'a file with certificate and chain, not the store' })
    .option('key', { type: 'string', requiresArg: true, describe: 'its private key, where the other has it not' })
    .option('as', { choices: exportFormats, describe: 'pem, pfx (PKCS#12), or jks (legacy: old encryption)' })
    .option('out', { type: 'string', requiresArg: true, describe: 'the file; as pem that of the chain' })
    .option('key-out', { type: 'string', requiresArg: true, describe: 'as pem: the file of the key (OUT with .key)' })
    .option('password-file', { type: 'string', requiresArg: true, describe: 'its first line is the password' })
    .option('password-env', { type: 'string', requiresArg: true, describe: 'the variable that has the password' })
    .option('password', { type: 'boolean', default: true, describe: 'ask for a password (--no-password: it has none)' })
    .option('alias', {
      alias: 'friendly-name',
      type: 'string',
      requiresArg: true,
      describe: 'what its entry is called (the name, or first host)',
    })
    .option('owner', {
      type: 'string',
      default: 'auto',
      requiresArg: true,
      describe: "whose it is to be: auto (the folder's owner), keep, or UID:GID",
    })
    .option('replace', { type: 'boolean', default: false, describe: 'put it in the place of a file that is there' })
    .option('keep-current', {
      type: 'boolean',
      describe: 'make it anew after each renewal (--no-keep-current: no longer)',
    })
    .option('hook', {
      type: 'string',
      requiresArg: true,
      describe: 'the program to run then: its absolute path (--no-hook: none)',
    })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example(
      'sudo keepgate cert export api --as pfx --out /local/notesdata/api.pfx --no-password --keep-current',
      'for Domino, and after each renewal again',
    )
    .example(
      'keepgate cert export --cert fullchain.pem --key privkey.pem --as jks --out api.jks --password-file secret',
      'of your own files',
    ) as unknown as Argv<ExportOptions>;

async function run(argv: ExportOptions, io: Io): Promise<number> {
  const wanted = wantedFrom(argv, io);
  const store = argv.cert === undefined ? await storeFor(argv, io, { write: false }) : undefined;
  const pair = store ? storedPair(store, nameOf(argv)) : await givenPair(argv.cert ?? '', argv.key, io);
  const earlier = store ? keptExports(store, nameOf(argv)).find(({ out }) => out === wanted.out) : undefined;
  const isKept = isKeptCurrent(argv, earlier);
  if (!argv.replace) refuseExisting(wanted, earlier);
  const { password, kept, diagnostics } = await exportPassword(argv, { as: wanted.as, isKept }, io);
  const form = { as: wanted.as, alias: aliasOf(argv.alias ?? pair.name), password };
  const placed = placeExport(await makeExport(pair, form), wanted, wanted.owner);
  const { fingerprint } = pair;
  const entry = { ...wanted, alias: form.alias, password: kept, ...hookOf(argv, earlier), fingerprint };
  const unsure = isKept ? timerLacksVariable(kept) : [];
  if (store && (isKept || earlier)) await rememberExport(openStore(store.root), nameOf(argv), isKept, entry);
  const files = pathsOf(wanted);
  const lacking =
    isKept && store ? files.flatMap((path) => timerLacks(dirname(path), store.root, systemUnits) ?? []) : [];
  await tell(argv.format, io, {
    diagnostics: [...diagnostics, ...unsure, ...placed, ...lacking.slice(0, 1)],
    lines: inWords(wanted, form.alias, isKept ? entry : undefined),
    product: { as: wanted.as, files, alias: form.alias, fingerprint, keptCurrent: isKept },
  });
  return exitCode.done;
}

function inWords({ as, ...paths }: Wanted, alias: string, kept: KeptExport | undefined): string[] {
  return [
    `wrote ${pathsOf(paths).join(' and ')}${as === 'pem' ? '' : ` (${as}, alias ${alias})`}`,
    ...(as === 'jks'
      ? ['  JKS is legacy, with encryption of its time: everything since Java 8 opens --as pfx too.']
      : []),
    ...(kept ? [keptInWords(kept)] : []),
  ];
}

export const command: Command<ExportOptions> = { options, run };
