import type { Argv } from 'yargs';
import type { Job } from '../../../acme/due.ts';
import { certificatesOf, type WantedCertificate } from '../../../acme/from-spec.ts';
import { certificateNameOf } from '../../../certs/certificate-name.ts';
import type { CertificateSettings } from '../../../certs/settings.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { hostProblem, normalHost } from '../../../spec/address.ts';
import { type Account, type RunOptions, runCertificates, runOptions } from '../../certificate-run.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io, wantsColor } from '../../io.ts';
import {
  type AccountOptions,
  accountOptions,
  type CertificateOptions,
  type ChallengeOptions,
  certificateOptions,
  challengeOptions,
  withOptions,
} from '../../issue-options.ts';
import { report } from '../../report/index.ts';
import { readSpecFiles } from '../../spec-files.ts';
import { storeFor, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { configureHere } from './configure-here.ts';

interface Options extends AccountOptions, ChallengeOptions, CertificateOptions, RunOptions {
  spec?: string[];
  host: string[];
  name?: string;
  store?: string;
}

function options(yargs: Argv): Argv<Options> {
  const base = storeOption(yargs)
    .positional('spec', {
      type: 'string',
      array: true,
      describe: 'spec files, folders of *.yaml, or - (keepgate.yaml)',
    })
    .option('host', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'a name for the certificate: no spec is read',
    })
    .option('name', {
      type: 'string',
      requiresArg: true,
      describe: 'only this site; with --host, what the store calls it',
    });
  return runOptions(certificateOptions(challengeOptions(accountOptions(base as Argv))))
    .example('keepgate cert issue', 'for every site of keepgate.yaml that has none, or whose time has come')
    .example('keepgate cert issue --host api.example.com --agree-tos', 'one certificate, without a spec')
    .example("keepgate cert issue --host '*.example.com' --dns-exec ./hook", 'a wildcard, through a DNS hook')
    .example('keepgate cert issue --dry-run', "try it with the CA's staging directory") as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { spec = [], host, name } = argv;
  if (host.length > 0) {
    if (spec.length > 0) throw new UsageError('--host is for a certificate without a spec; give one or the other');
    const settings = withOptions(settingsFor(host), argv, io.cwd);
    const job = { name: name ?? certificateNameOf(host[0] ?? ''), settings };
    const store = await storeFor({ ...argv, spec: [] }, io);
    return runCertificates(
      { store, jobs: () => [job], account: accountOf(argv, undefined), patient: false, options: argv },
      io,
    );
  }
  const wanted = await fromSpec(spec, io);
  if (wanted === undefined) return exitCode.wrong;
  const chosen = wanted.filter((one) => name === undefined || one.name === name);
  if (chosen.length === 0) throw nothingToIssue(name);
  const jobs: Job[] = chosen.map((one) => ({ name: one.name, settings: withOptions(one.settings, argv, io.cwd) }));
  const store = await storeFor(argv, io);
  const account = accountOf(argv, chosen[0]);
  return runCertificates({ store, jobs: () => jobs, account, patient: false, options: argv }, io);
}

/** What the spec's sites ask for; undefined when it has errors, which are reported. */
async function fromSpec(paths: readonly string[], io: Io): Promise<WantedCertificate[] | undefined> {
  const sources = await readSpecFiles(paths, io);
  const configured = await configureHere(sources, io);
  if (configured.ok) {
    const { resolved, places } = configured.configuration;
    return certificatesOf(resolved.expanded, places, io.cwd);
  }
  io.stderr.write(report('text', configured.diagnostics, { color: wantsColor(io.stderr, io.env), ignored: [] }));
  return undefined;
}

/** For names of the command line. @throws UsageError */
function settingsFor(hosts: readonly string[]): CertificateSettings {
  for (const host of hosts) {
    const problem = hostProblem(host);
    if (problem) throw new UsageError(`--host "${host}" ${problem}`);
  }
  const names = [...new Set(hosts.map((host) => normalHost(host).replace(/^\[(.*)\]$/, '$1')))];
  return { origin: 'acme', names, directory: 'letsencrypt', keyType: 'ec-p256', challenge: 'http-01' };
}

function accountOf(argv: AccountOptions, wanted: WantedCertificate | undefined): Account {
  const { email, agreeTos, eabKidFile: kidFile, eabKeyFile: keyFile } = argv;
  const given = kidFile !== undefined && keyFile !== undefined ? { kidFile, keyFile } : undefined;
  return {
    agreeToTerms: agreeTos || (wanted?.options.agreeToTerms ?? false),
    email: email ?? wanted?.options.email,
    eab: given ?? wanted?.externalAccount,
  };
}

function nothingToIssue(name: string | undefined): KeepgateError {
  const message =
    name === undefined
      ? 'no site of the spec asks for a certificate of a CA (tls.certificate: acme)'
      : `no site "${name}" of the spec asks for a certificate of a CA`;
  return new KeepgateError(1, { code: 'nothing-to-issue', message });
}

export const command: Command<Options> = { options, run };
