/** What the command line says for the certificates, looked at before anything is written: it is used minutes later. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readCaFile } from '../../acme/ca-file.ts';
import { dnsServer } from '../../acme/dns/server.ts';
import { readEab } from '../../acme/eab.ts';
import { type AccountOptions, accountOf, type ChallengeOptions, challengeChoice } from '../issue-options.ts';
import { UsageError } from '../usage-error.ts';

type Options = AccountOptions & ChallengeOptions & { readonly resolver?: string };

/** @throws UsageError; KeepgateError acme-ca-file, acme-eab-file (1) */
export function checkOptions(options: Options, cwd: string): void {
  challengeChoice(options, cwd);
  const { caFile, webroot, dnsExec, dnsKeyFile, resolver } = options;
  if (caFile !== undefined) readCaFile(resolve(cwd, caFile));
  const { eab } = accountOf(options, cwd);
  if (eab !== undefined) readEab(eab);
  isThere('--webroot', webroot, 'folder', cwd);
  isThere('--dns-exec', dnsExec, 'file', cwd);
  isThere('--dns-key-file', dnsKeyFile, 'file', cwd);
  if (resolver === undefined) return;
  try {
    dnsServer(resolver);
  } catch (error) {
    throw new UsageError(`--resolver ${error instanceof Error ? error.message : error}`);
  }
}

function isThere(option: string, path: string | undefined, what: 'folder' | 'file', cwd: string): void {
  if (path === undefined) return;
  const stats = statSync(resolve(cwd, path), { throwIfNoEntry: false });
  if (what === 'folder' ? stats?.isDirectory() : stats?.isFile()) return;
  throw new UsageError(`${option} ${path}: there is no such ${what}`);
}
