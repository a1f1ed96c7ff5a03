/** The password of an export: where it comes from, and what may be one. It is never in a message. */
import type { Diagnostic } from '../../diagnostic.ts';
import { KeepgateError } from '../../diagnostic.ts';
import { whyNotRead } from '../../files/regular-file.ts';
import { readSecretFile } from '../../files/secret-file.ts';
import type { ExportFormat } from './formats.ts';

/** Where it can be read again at a renewal: the first line of a file, or a variable of the environment. */
export type KeptPassword = 'none' | { readonly file: string } | { readonly env: string };

/** OpenSSL reads at most 1024 bytes. */
const longest = 500;

/**
 * Java takes printable ASCII alone for the encryption that is used here, and keytool six characters or more.
 * @throws KeepgateError export-password (1)
 */
export function checkPassword(as: ExportFormat, password: string): void {
  const wrong = (message: string, help: string) => new KeepgateError(1, { code: 'export-password', message, help });
  if (as === 'jks' && password.length < 6)
    throw wrong('the password of a JKS has six characters or more', 'Choose a longer one, or take --as pfx.');
  if (password.length > longest)
    throw wrong(`the password has more than ${longest} characters`, 'Choose a shorter one.');
  if (!/^[\x20-\x7e]*$/.test(password))
    throw wrong(
      'the password has characters that Java does not take in a key store',
      'Use letters without accents, digits, spaces and ASCII punctuation.',
    );
}

/** @throws KeepgateError export-password-missing (1) */
export function readPassword(
  source: KeptPassword,
  env: Readonly<NodeJS.ProcessEnv>,
): { readonly password: string; readonly diagnostics: readonly Diagnostic[] } {
  if (source === 'none') return { password: '', diagnostics: [] };
  if ('env' in source) {
    const password = env[source.env];
    if (password === undefined) throw missing(`the environment has no variable ${source.env} with the password`);
    return { password, diagnostics: [] };
  }
  const file = readSecretFile(source.file);
  if (file.state !== 'read') throw missing(`the password file ${source.file} can't be read: ${whyNotRead(file)}`);
  return {
    password: file.bytes.toString('utf8').split(/\r?\n/, 1)[0] ?? '',
    diagnostics: (file.mode & 0o004) === 0 ? [] : [openToAll(source.file)],
  };
}

const missing = (message: string): KeepgateError =>
  new KeepgateError(1, {
    code: 'export-password-missing',
    message,
    help: 'Name a file with the password as its first line (--password-file), a variable (--password-env), or --no-password.',
  });

const openToAll = (path: string): Diagnostic => ({
  code: 'export-password-open',
  severity: 'warning',
  message: `everyone on this machine can read the password file ${path}`,
  help: `chmod 600 ${path}`,
});
