import { KeepgateError } from '../diagnostic.ts';
import type { AccountFiles, AccountRecord } from './account-files.ts';
import type { Client, Payload } from './client.ts';
import { AcmeProblem } from './problem.ts';
import { location } from './resources.ts';

export interface AccountOptions {
  readonly directoryUrl: string;
  readonly email?: string | undefined;
  /** Whether the terms of the CA are agreed to; a function asks a person. */
  readonly agreeToTerms: boolean | ((termsUrl: string) => Promise<boolean>);
  readonly eab: boolean;
  readonly now: () => Date;
}

/**
 * Whether the CA still has the account; a CA may forget it, or somebody has deactivated it (RFC 8555, section 7.3.6).
 * `forgotten`: its key may be registered anew; `closed`: it may not.
 */
export async function accountState(client: Client, url: string): Promise<'valid' | 'forgotten' | 'closed'> {
  client.useAccount(url);
  try {
    const { data } = await client.ask(url);
    const status = typeof data === 'object' && data !== null && 'status' in data ? data.status : 'valid';
    return status === 'valid' ? 'valid' : 'closed';
  } catch (error) {
    if (error instanceof AcmeProblem && error.type === 'accountDoesNotExist') return 'forgotten';
    if (error instanceof AcmeProblem && error.type === 'unauthorized') return 'closed';
    throw error;
  }
}

/**
 * Registers the key, or finds the account that it has at the CA already (RFC 8555, section 7.3); what is
 * returned is on the disk by then.
 * @throws KeepgateError terms-not-agreed (1), acme-external-account-required (1)
 */
export async function register(client: Client, files: AccountFiles, options: AccountOptions): Promise<AccountRecord> {
  const { directoryUrl, email, eab, now } = options;
  const { directory } = client;
  if (directory.externalAccountRequired && !eab) refuseWithoutEab();
  if (directory.terms !== undefined) await agree(directory.terms, options.agreeToTerms);
  const payload: Payload = {
    ...(directory.terms !== undefined && { termsOfServiceAgreed: true }),
    ...(email !== undefined && { contact: [`mailto:${email}`] }),
  };
  const { headers } = await client.askWithKey(directory.newAccount, payload);
  const url = location(headers, directory.newAccount);
  client.useAccount(url);
  const createdAt = now().toISOString();
  const record: AccountRecord = { version: 1, directory: directoryUrl, url, ...(email && { email }), createdAt };
  files.save(record);
  return record;
}

/** Of something that only an account that is there already can do. */
export function accountMissing(directory: string, why: string): KeepgateError {
  return new KeepgateError(1, {
    code: 'acme-account-missing',
    message: `there is no account at ${directory} that could ask for it: ${why}`,
    help: 'To revoke a certificate, its own key does as well: add --with-certificate-key. Or name the store that has the account with --store.',
  });
}

async function agree(terms: string, agreeToTerms: AccountOptions['agreeToTerms']): Promise<void> {
  if (typeof agreeToTerms === 'function' ? await agreeToTerms(terms) : agreeToTerms) return;
  throw new KeepgateError(1, {
    code: 'terms-not-agreed',
    message: `the CA gives an account only to who agrees to its terms: ${terms}`,
    help: 'Read them, then say so with --agree-tos, or with agreeToTerms: true below acme in the spec.',
  });
}

function refuseWithoutEab(): never {
  throw new KeepgateError(1, {
    code: 'acme-external-account-required',
    message: 'this CA gives accounts only to its own customers: it needs an external account binding',
    help: 'Get a key identifier and a key from the website of the CA, put each into a file, and name them with --eab-kid-file and --eab-key-file.',
  });
}
