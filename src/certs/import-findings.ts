/** What can be wrong with what `cert import` is given. */
import type { Diagnostic } from '../diagnostic.ts';

export const notReadable = (shown: string, reason: string): Diagnostic => ({
  code: 'import-not-readable',
  severity: 'error',
  message: `${shown}: ${reason}`,
  help: 'Copy it again from where it came from, in binary mode; or ask for a PFX file, or for PEM files.',
});

export const passwordNeeded = (shown: string): Diagnostic => ({
  code: 'import-password-needed',
  severity: 'error',
  message: `${shown} is encrypted, and no password was given`,
  help: 'Put the password into a file that only you can read and name it with --password-file, or run it on a terminal, which asks.',
});

export const passwordWrong = (shown: string): Diagnostic => ({
  code: 'import-password-wrong',
  severity: 'error',
  message: `${shown}: the password is not the one that it was encrypted with`,
  help: 'See whether the password file has the right one, as its first line; capitals and blanks count.',
});
