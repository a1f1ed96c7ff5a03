import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { type ExportFormat, exportFormats } from '../../../certs/export/formats.ts';
import { type KeptExport, keptExports, saveKeptExports } from '../../../certs/export/kept.ts';
import { makeExport } from '../../../certs/export/make.ts';
import { isOwnerChoice, type OwnerChoice } from '../../../certs/export/owner.ts';
import { type ExportPaths, placeExport } from '../../../certs/export/place.ts';
import { withLock } from '../../../certs/lock.ts';
import { type CertificateStore, openStore } from '../../../certs/store.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { checkHook } from '../../../hooks/run-hook.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io } from '../../io.ts';
import { type StoreOptions, storeFor, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { exportPassword } from './export-password.ts';
import { givenPair, storedPair } from './export-source.ts';
import { tell } from './tell.ts';

interface Options extends StoreOptions {
  name?: string;
  cert?: string;
  key?: string;
  as?: ExportFormat;
  out?: string;
  keyOut?: string;
  passwordFile?: string;
  passwordEnv?: string;
  password: boolean;
  alias?: string;
  owner: string;
  replace: boolean;
  keepCurrent?: boolean;
  hook?: string;
  format: 'text' | 'json';
}

const options = (yargs: Argv): Argv<Options> =>
  storeOption(yargs)
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
    .option('hook', { type: 'string', requiresArg: true, describe: 'the program to run after that: its absolute path' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example(
      'sudo keepgate cert export api --as pfx --out /local/notesdata/api.pfx --no-password --keep-current',
      'for Domino, and after each renewal again',
    )
    .example(
      'keepgate cert export --cert fullchain.pem --key privkey.pem --as jks --out api.jks --password-file secret',
      'of your own files',
    ) as unknown as Argv<Options>;

/** The options, once they make sense together. */
interface Wanted extends ExportPaths {
  readonly as: ExportFormat;
  readonly owner: OwnerChoice;
}

async function run(argv: Options, io: Io): Promise<number> {
  const wanted = wantedFrom(argv, io);
  const store = argv.cert === undefined ? await storeFor(argv, io, { write: false }) : undefined;
  const pair = store ? storedPair(store, nameOf(argv)) : await givenPair(argv.cert ?? '', argv.key, io);
  const earlier = store ? keptExports(store, nameOf(argv)).find(({ out }) => out === wanted.out) : undefined;
  if (!argv.replace && !earlier) refuseExisting(wanted);
  const { password, kept, diagnostics } = await exportPassword(argv, wanted.as, io);
  if (argv.keepCurrent === true && kept === undefined)
    throw new UsageError(
      '--keep-current needs --password-file, --password-env or --no-password: nobody is there to type',
    );
  const form = { as: wanted.as, alias: aliasOf(argv.alias ?? pair.name), password };
  const placed = placeExport(await makeExport(pair, form), wanted, wanted.owner);
  if (store && argv.keepCurrent !== undefined)
    await remember(store, nameOf(argv), wanted.out, argv.keepCurrent && kept !== undefined, {
      ...wanted,
      alias: form.alias,
      password: kept ?? 'none',
      ...(argv.hook !== undefined && { hook: argv.hook }),
      fingerprint: pair.fingerprint,
    });
  const files = [wanted.out, ...(wanted.keyOut === undefined ? [] : [wanted.keyOut])];
  const isKept = argv.keepCurrent ?? earlier !== undefined;
  await tell(argv.format, io, {
    diagnostics: [...diagnostics, ...placed],
    lines: inWords(wanted, files, form.alias, isKept),
    product: { as: wanted.as, files, alias: form.alias, fingerprint: pair.fingerprint, keptCurrent: isKept },
  });
  return exitCode.done;
}

function wantedFrom({ as, out, ...argv }: Options, { cwd }: Io): Wanted {
  if (argv.name === undefined && argv.cert === undefined)
    throw new UsageError('name a certificate of the store, or your own files with --cert and --key');
  if (argv.name !== undefined && argv.cert !== undefined)
    throw new UsageError('take a certificate of the store, or --cert, not both');
  if (argv.key !== undefined && argv.cert === undefined) throw new UsageError('--key belongs to --cert');
  if (as === undefined) throw new UsageError(`say what to make of it: --as ${exportFormats.join(', --as ')}`);
  if (out === undefined) throw new UsageError('name the file: --out FILE');
  if (argv.keyOut !== undefined && as !== 'pem') throw new UsageError('--key-out belongs to --as pem');
  if (argv.keepCurrent !== undefined && argv.cert !== undefined)
    throw new UsageError('only what comes from the store is kept current');
  if (argv.hook !== undefined && argv.keepCurrent !== true) throw new UsageError('--hook belongs to --keep-current');
  if (argv.hook !== undefined) checkHook(argv.hook);
  if (!isOwnerChoice(argv.owner)) throw new UsageError('--owner takes auto, keep or numbers, as 1000:1000');
  const path = resolve(cwd, out);
  if (as !== 'pem') return { as, owner: argv.owner, out: path };
  const keyOut = argv.keyOut === undefined ? `${path.replace(/\.(pem|crt|cer)$/, '')}.key` : resolve(cwd, argv.keyOut);
  if (keyOut === path) throw new UsageError('chain and key need files of their own: --out and --key-out');
  return { as, owner: argv.owner, out: path, keyOut };
}

const nameOf = ({ name = '' }: Options): string => name;

function aliasOf(alias: string): string {
  if (!/^[^\p{C}]{1,200}$/u.test(alias)) throw new UsageError('--alias takes 1 to 200 characters that can be printed');
  return alias;
}

/** A key store that is there may hold the only copy of a key. */
function refuseExisting({ out, keyOut }: Wanted): void {
  for (const path of keyOut === undefined ? [out] : [out, keyOut])
    if (existsSync(path))
      throw new KeepgateError(1, {
        code: 'file-exists',
        message: `${path} exists already, and stays as it is`,
        help: 'Name another file with --out, or say --replace.',
      });
}

async function remember(
  { root }: CertificateStore,
  name: string,
  out: string,
  isKept: boolean,
  entry: KeptExport,
): Promise<void> {
  const store = openStore(root);
  await withLock(store, { wait: 60_000 }, async () => {
    const others = keptExports(store, name).filter((each) => each.out !== out);
    await saveKeptExports(store, name, isKept ? [...others, entry] : others);
  });
}

function inWords({ as }: Wanted, files: readonly string[], alias: string, isKept: boolean): string[] {
  return [
    `wrote ${files.join(' and ')}${as === 'pem' ? '' : ` (${as}, alias ${alias})`}`,
    ...(as === 'jks'
      ? ['  JKS is legacy, with encryption of its time: everything since Java 8 opens --as pfx too.']
      : []),
    ...(isKept ? ['  It is made anew whenever the certificate is.'] : []),
  ];
}

export const command: Command<Options> = { options, run };
