/** What is remembered of an export, so that each renewal makes it as this run did. */
import type { KeptExport } from '../../../certs/export/kept.ts';
import type { KeptPassword } from '../../../certs/export/password.ts';
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

export function inWords({ password, hook }: Pick<KeptExport, 'password' | 'hook'>): string {
  const program = hook === undefined ? 'without a hook' : `and then runs ${hook}`;
  return `  It is made anew whenever the certificate is, ${passwordInWords(password)}, ${program}.`;
}

function passwordInWords(password: KeptPassword): string {
  if (password === 'none') return 'without a password';
  return 'file' in password ? `with the password in ${password.file}` : `with the password in $${password.env}`;
}
