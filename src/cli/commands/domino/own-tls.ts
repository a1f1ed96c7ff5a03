/** The key store that the options name. */
import { posix } from 'node:path';
import type { Folder } from '../../../domino/folder.ts';
import type { StoreKind } from '../../../domino/installation.ts';
import type { OwnTls, StorePassword } from '../../../domino/tls-settings.ts';
import type { Io } from '../../io.ts';
import { UsageError } from '../../usage-error.ts';
import { firstLine } from '../cert/read-given.ts';

export interface StoreFileOptions {
  as?: StoreKind;
  file?: string;
  chain?: string;
  certStoreName?: string[];
  passwordFile?: string;
  passwordInEnvironment: boolean;
  data?: string;
  out?: string;
  pathStyle: 'posix' | 'windows';
}

/** A file of a key store, as the REST API opens it, and where it can be looked at here. */
export interface StoreFile {
  readonly theirs: string;
  /** Undefined when it is on another machine alone. */
  readonly here: string | undefined;
}

/** @throws UsageError for options that don't go together; KeepgateError import-password-file (1) */
export function ownTls(
  argv: StoreFileOptions,
  environment: Readonly<Record<string, string>>,
  folder: Folder,
  io: Io,
): { readonly tls: OwnTls; readonly files: readonly StoreFile[] } {
  if (argv.as === undefined) throw new UsageError('say with --as what the key store is: jks, pfx, pem or certmgr');
  if (argv.as === 'certmgr') {
    for (const option of ['file', 'chain', 'passwordFile'] as const)
      if (argv[option] !== undefined) throw new UsageError(`--as certmgr takes no --${option.replace('F', '-f')}`);
    return { tls: { as: 'certmgr', names: argv.certStoreName ?? [] }, files: [] };
  }
  if (argv.file === undefined) throw new UsageError(`--as ${argv.as} needs --file, the path of the ${nouns[argv.as]}`);
  const password = passwordOf(argv, environment, io);
  const file = storeFile(argv.file, argv, folder);
  if (argv.as !== 'pem') return { tls: { as: argv.as, file: file.theirs, password }, files: [file] };
  if (argv.chain === undefined) throw new UsageError('--as pem needs --chain, the path of the certificate chain');
  const chain = storeFile(argv.chain, argv, folder);
  return { tls: { as: 'pem', file: file.theirs, chain: chain.theirs, password }, files: [file, chain] };
}

const nouns = { jks: 'key store', pfx: 'key store', pem: 'private key' };

function passwordOf(
  { passwordFile, passwordInEnvironment }: StoreFileOptions,
  environment: Readonly<Record<string, string>>,
  io: Io,
): StorePassword {
  if (passwordFile !== undefined && passwordInEnvironment)
    throw new UsageError('--password-file and --password-in-environment exclude each other');
  if (passwordFile !== undefined) return { from: 'given', text: firstLine(passwordFile, io) };
  return { from: passwordInEnvironment || Object.hasOwn(environment, 'TLSPassword') ? 'environment' : 'none' };
}

/** A path that isn't absolute is below the data folder, wherever that is. */
function storeFile(given: string, { data = '', out, pathStyle }: StoreFileOptions, folder: Folder): StoreFile {
  if (isAbsolute(given, pathStyle))
    return { theirs: forward(given, pathStyle), here: out === undefined ? given : undefined };
  const below = forward(given, pathStyle);
  if (posix.normalize(below).startsWith('..')) throw new UsageError(`"${given}" leads out of the data folder`);
  return {
    theirs: posix.join(forward(data, pathStyle), below),
    here: posix.join(out === undefined ? data : folder.path, below),
  };
}

/** Whether it is absolute on the machine of the REST API. */
export const isAbsolute = (path: string, style: 'posix' | 'windows'): boolean =>
  style === 'windows' ? /^([A-Za-z]:[\\/]|\\\\)/.test(path) : path.startsWith('/');

/** Java and Domino take / on Windows too, and JSON needs no escapes for it. */
const forward = (path: string, style: 'posix' | 'windows'): string =>
  style === 'windows' ? path.replaceAll('\\', '/') : path;
