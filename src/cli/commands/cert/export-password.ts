import { resolve } from 'node:path';
import type { ExportFormat } from '../../../certs/export/formats.ts';
import { checkPassword, type KeptPassword, readPassword } from '../../../certs/export/password.ts';
import type { Diagnostic } from '../../../diagnostic.ts';
import { askSecret } from '../../ask-secret.ts';
import type { Io } from '../../io.ts';
import { UsageError } from '../../usage-error.ts';

interface PasswordOptions {
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
  readonly password: boolean;
}

interface ExportPassword {
  readonly password: string;
  /** Where it can be read again; 'none' when somebody typed it, which is of no export that is kept. */
  readonly kept: KeptPassword;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The password by one of the ways to give it, none of them an argument. PEM has none unless one is given; for the others it is asked
 * for twice, unless it is needed again when nobody is there to type.
 * @throws UsageError; KeepgateError export-password, export-password-missing (1)
 */
export async function exportPassword(
  options: PasswordOptions,
  { as, isKept }: { readonly as: ExportFormat; readonly isKept: boolean },
  io: Io,
): Promise<ExportPassword> {
  const source = sourceOf(options, as, io);
  if (source !== undefined) {
    const read = readPassword(source, io.env);
    checkPassword(as, read.password);
    return { ...read, kept: source };
  }
  if (isKept)
    throw new UsageError(
      'an export that is kept current needs --password-file, --password-env or --no-password: nobody is there to type. ' +
        '--no-keep-current has it kept no longer',
    );
  const password = await askSecret(`Password for the ${as} (Enter: none): `, io);
  if (password === undefined)
    throw new UsageError('give the password with --password-file or --password-env, or say --no-password');
  checkPassword(as, password);
  if (password !== '' && (await askSecret('The same again: ', io)) !== password)
    throw new UsageError('the two passwords differ');
  return { password, kept: 'none', diagnostics: [] };
}

function sourceOf({ passwordFile, passwordEnv, password }: PasswordOptions, as: ExportFormat, io: Io) {
  const ways = [passwordFile !== undefined, passwordEnv !== undefined, !password].filter(Boolean);
  if (ways.length > 1) throw new UsageError('take one of --password-file, --password-env and --no-password');
  if (passwordFile !== undefined) return { file: resolve(io.cwd, passwordFile) };
  if (passwordEnv !== undefined) return { env: passwordEnv };
  return password && as !== 'pem' ? undefined : 'none';
}
