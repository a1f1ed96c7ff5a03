/** What `cert export` is asked for, once its options make sense together. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ExportFormat, exportFormats } from '../../../certs/export/formats.ts';
import { isOwnerChoice, type OwnerChoice } from '../../../certs/export/owner.ts';
import type { ExportPaths } from '../../../certs/export/place.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { checkHook } from '../../../hooks/run-hook.ts';
import type { Io } from '../../io.ts';
import type { StoreOptions } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';

export interface ExportOptions extends StoreOptions {
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
  /** false: --no-hook. */
  hook?: string | false;
  format: 'text' | 'json';
}

export interface Wanted extends ExportPaths {
  readonly as: ExportFormat;
  readonly owner: OwnerChoice;
}

/** @throws UsageError; KeepgateError hook-missing, hook-unsafe, hook-not-executable (4) */
export function wantedFrom({ as, out, ...argv }: ExportOptions, { cwd }: Io): Wanted {
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
  if (typeof argv.hook === 'string') checkHook(argv.hook);
  if (!isOwnerChoice(argv.owner)) throw new UsageError('--owner takes auto, keep or numbers, as 1000:1000');
  const path = resolve(cwd, out);
  if (as !== 'pem') return { as, owner: argv.owner, out: path };
  const keyOut = argv.keyOut === undefined ? `${path.replace(/\.(pem|crt|cer)$/, '')}.key` : resolve(cwd, argv.keyOut);
  if (keyOut === path) throw new UsageError('chain and key need files of their own: --out and --key-out');
  return { as, owner: argv.owner, out: path, keyOut };
}

export const nameOf = ({ name = '' }: ExportOptions): string => name;

export function aliasOf(alias: string): string {
  if (!/^[^\p{C}]{1,200}$/u.test(alias)) throw new UsageError('--alias takes 1 to 200 characters that can be printed');
  return alias;
}

export const pathsOf = ({ out, keyOut }: ExportPaths): string[] => (keyOut === undefined ? [out] : [out, keyOut]);

/**
 * A file that is there may hold the only copy of a key; those of the export that was kept current here are made to be replaced.
 * @throws KeepgateError file-exists (1)
 */
export function refuseExisting(wanted: Wanted, earlier: ExportPaths | undefined): void {
  const ours = earlier === undefined ? [] : pathsOf(earlier);
  for (const path of pathsOf(wanted))
    if (!ours.includes(path) && existsSync(path))
      throw new KeepgateError(1, {
        code: 'file-exists',
        message: `${path} exists already, and stays as it is`,
        help: `Name another file with ${path === wanted.out ? '--out' : '--key-out'}, or say --replace.`,
      });
}
