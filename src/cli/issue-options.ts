/** The options of the commands that ask a CA for certificates. */
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import type { WantedCertificate } from '../acme/from-spec.ts';
import type { ChallengeChoice } from '../acme/solvers/solver.ts';
import { type CertificateSettings, type KeyType, keyTypes } from '../certs/settings.ts';
import type { Account, RunOptions } from './certificate-run.ts';
import { UsageError } from './usage-error.ts';

export interface AccountOptions {
  directory?: string;
  caFile?: string;
  agreeTos: boolean;
  email?: string;
  eabKidFile?: string;
  eabKeyFile?: string;
}

/** What the command line says about the account, else the spec. Paths are made absolute. */
export function accountOf(options: AccountOptions, cwd: string, wanted?: WantedCertificate): Account {
  const { email, agreeTos, eabKidFile, eabKeyFile } = options;
  const eab =
    eabKidFile !== undefined && eabKeyFile !== undefined
      ? { kidFile: resolve(cwd, eabKidFile), keyFile: resolve(cwd, eabKeyFile) }
      : undefined;
  return {
    agreeToTerms: agreeTos || (wanted?.options.agreeToTerms ?? false),
    email: email ?? wanted?.options.email,
    eab: eab ?? wanted?.externalAccount,
  };
}

export interface ChallengeOptions {
  webroot?: string;
  standalone: boolean;
  httpPort?: number;
  dnsExec?: string;
  dnsServer?: string;
  dnsZone?: string;
  dnsKeyFile?: string;
}

export interface CertificateOptions {
  keyType?: KeyType;
  profile?: string;
  preferredChain?: string;
  reuseKey?: boolean;
  deployHook?: string;
  keep?: number;
}

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export const accountOptions = (yargs: Argv): Argv =>
  yargs
    .option('directory', text('letsencrypt, letsencrypt-staging, zerossl, google, or an https URL'))
    .option('ca-file', text("PEM file of the CA behind the directory's own certificate"))
    .option('agree-tos', { type: 'boolean', default: false, describe: "agree to the CA's terms of service" })
    .option('email', text('where the CA may write to (optional)'))
    .option('eab-kid-file', text('external account binding: the file that holds the key identifier'))
    .option('eab-key-file', text('external account binding: the file that holds the key'))
    .implies('eab-kid-file', 'eab-key-file')
    .implies('eab-key-file', 'eab-kid-file');

export const challengeOptions = (yargs: Argv): Argv =>
  yargs
    .option('webroot', text('http-01: the folder that a server on port 80 serves'))
    .option('standalone', { type: 'boolean', default: false, describe: 'http-01: listen on port 80 for the time' })
    .option('http-port', {
      type: 'number',
      requiresArg: true,
      describe: 'another port to listen on; the CA asks on 80',
    })
    .option('dns-exec', text('dns-01: a hook, called as lego (exec) and certbot (manual) call theirs'))
    .option('dns-server', text('dns-01 by RFC 2136: the primary server of the zone'))
    .option('dns-zone', text('dns-01 by RFC 2136: the zone'))
    .option('dns-key-file', text('dns-01 by RFC 2136: the file with the TSIG key'));

export const certificateOptions = (yargs: Argv): Argv =>
  yargs
    .option('key-type', { choices: keyTypes, describe: 'the private key (ec-p256)' })
    .option('profile', text("one of the CA's profiles, such as tlsserver"))
    .option('preferred-chain', text('the common name of the issuer that the chain leads to'))
    .option('reuse-key', { type: 'boolean', describe: 'keep the private key at a renewal' })
    .option('deploy-hook', text('a program that runs after a new certificate is served'));

/** What the command line says about how names are proven; undefined when it says nothing. @throws UsageError */
export function challengeChoice(options: ChallengeOptions, cwd: string): ChallengeChoice | undefined {
  const { webroot, standalone, httpPort, dnsExec, dnsServer, dnsZone, dnsKeyFile } = options;
  if (httpPort !== undefined && !(Number.isInteger(httpPort) && httpPort >= 1 && httpPort <= 65_535))
    throw new UsageError('--http-port takes a port from 1 to 65535');
  const rfc2136 = [dnsServer, dnsZone, dnsKeyFile].filter((value) => value !== undefined);
  const ways = [webroot !== undefined, standalone || httpPort !== undefined, dnsExec !== undefined, rfc2136.length > 0];
  if (ways.filter(Boolean).length > 1)
    throw new UsageError('--webroot, --standalone, --dns-exec and --dns-server exclude each other');
  if (webroot !== undefined) return { webroot: resolve(cwd, webroot) };
  if (standalone || httpPort !== undefined)
    return { standalone: { ...(httpPort !== undefined && { port: httpPort }) } };
  if (dnsExec !== undefined) return { 'dns-01': { exec: resolve(cwd, dnsExec) } };
  if (rfc2136.length === 0) return undefined;
  if (dnsServer === undefined || dnsZone === undefined || dnsKeyFile === undefined)
    throw new UsageError('--dns-server, --dns-zone and --dns-key-file belong together');
  return { 'dns-01': { rfc2136: { server: dnsServer, zone: dnsZone, keyFile: resolve(cwd, dnsKeyFile) } } };
}

/** The settings with another CA, where the command line names one. */
export function withDirectory<S extends CertificateSettings>(
  settings: S,
  { directory, caFile }: Pick<AccountOptions, 'directory' | 'caFile'>,
  cwd: string,
): S {
  return {
    ...settings,
    ...(directory !== undefined && { directory }),
    ...(caFile !== undefined && { caFile: resolve(cwd, caFile) }),
  };
}

/** The settings with what the command line says laid over them. */
export function withOptions(
  settings: CertificateSettings,
  options: CertificateOptions &
    ChallengeOptions &
    Pick<AccountOptions, 'directory' | 'caFile'> &
    Pick<RunOptions, 'skipPreflight' | 'resolver'>,
  cwd: string,
): CertificateSettings {
  const { keyType, profile, preferredChain, reuseKey, deployHook, keep, skipPreflight, resolver } = options;
  const challenge = challengeChoice(options, cwd);
  return {
    ...withDirectory(settings, options, cwd),
    ...(keyType !== undefined && { keyType }),
    ...(profile !== undefined && { profile }),
    ...(preferredChain !== undefined && { preferredChain }),
    ...(reuseKey !== undefined && { reuseKey }),
    ...(deployHook !== undefined && { deployHook: resolve(cwd, deployHook) }),
    ...(challenge !== undefined && { challenge }),
    ...(keep !== undefined && { keep }),
    ...(skipPreflight && { skipPreflight }),
    ...(resolver !== undefined && { resolver }),
  };
}
