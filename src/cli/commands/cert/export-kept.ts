/** What is remembered of an export, so that each renewal makes it as this run did. */
import type { KeptExport } from '../../../certs/export/kept.ts';
import type { KeptPassword } from '../../../certs/export/password.ts';
import type { Diagnostic } from '../../../diagnostic.ts';
import { UsageError } from '../../usage-error.ts';
import type { ExportOptions } from './export-wanted.ts';

type Options = Pick<ExportOptions, 'keepCurrent' | 'hook'>;

/** One that is kept already stays so until --no-keep-current. @throws UsageError for a hook that nothing would call */
export function isKeptCurrent({ keepCurrent, hook }: Options, earlier: KeptExport | undefined): boolean {
  const isKept = keepCurrent ?? earlier !== undefined;
  if (typeof hook === 'string' && !isKept) throw new UsageError('--hook belongs to --keep-current');
  return isKept;
}

/** The hook that it had stays, until --no-hook (false) or another. */
export function hookOf({ hook }: Options, earlier: KeptExport | undefined): { readonly hook?: string } {
  if (hook === false) return {};
  const kept = hook ?? earlier?.hook;
  return kept === undefined ? {} : { hook: kept };
}

/** A warning for a password in the environment: a timer's service has none of the variables of whoever typed this command. */
export function timerLacksVariable(password: KeptPassword): Diagnostic[] {
  if (password === 'none' || 'file' in password) return [];
  return [
    {
      code: 'export-password-variable',
      severity: 'warning',
      message: `each renewal needs the variable ${password.env} in its environment, and the timer's has no such variable`,
      help: 'Put the password into a file and say --password-file FILE, which a renewal reads again.',
    },
  ];
}

export function inWords({ password, hook }: Pick<KeptExport, 'password' | 'hook'>): string {
  const program = hook === undefined ? 'without a hook' : `and then runs ${hook}`;
  return `  It is made anew whenever the certificate is, ${passwordInWords(password)}, ${program}.`;
}

function passwordInWords(password: KeptPassword): string {
  if (password === 'none') return 'without a password';
  return 'file' in password ? `with the password in ${password.file}` : `with the password in $${password.env}`;
}
