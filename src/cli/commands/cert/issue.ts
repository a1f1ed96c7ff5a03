import type { Argv } from 'yargs';
import type { Job } from '../../../acme/due.ts';
import { certificatesOf, type WantedCertificate } from '../../../acme/from-spec.ts';
import { hookProtocol } from '../../../acme/solvers/dns-exec.ts';
import { certificateNameOf, checkCertificateName } from '../../../certs/certificate-name.ts';
import type { CertificateSettings } from '../../../certs/settings.ts';
import { KeepgateError, reaches } from '../../../diagnostic.ts';
import { deployVariables } from '../../../hooks/deploy-hook.ts';
import { hostProblem, normalHost } from '../../../spec/address.ts';
import { suggest } from '../../../spec/suggest.ts';
import { type RunOptions, runCertificates, runOptions } from '../../certificate-run.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io } from '../../io.ts';
import {
  type AccountOptions,
  accountOf,
  accountOptions,
  type CertificateOptions,
  type ChallengeOptions,
  certificateOptions,
  challengeOptions,
  withOptions,
} from '../../issue-options.ts';
import { readSpecFiles } from '../../spec-files.ts';
import { storeFor, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { configureHere } from './configure-here.ts';
import { tell } from './tell.ts';

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
    .example('keepgate cert issue --host api.example.com --webroot /var/www/html', 'a server of your own has port 80')
    .example('keepgate cert issue --host api.example.com --standalone', 'nothing has port 80')
    .example(
      "keepgate cert issue --host '*.example.com' --dns-server 10.0.0.53 --dns-zone example.com --dns-key-file tsig.key",
      'a wildcard, by updates of the zone (RFC 2136)',
    )
    .example('keepgate cert issue --dry-run', "try it with the CA's staging directory")
    .epilogue(
      `The hook of --dns-exec is called for each name:\n  ${hookProtocol[0]}\n  ${hookProtocol.slice(1).join(' ')}\n\n` +
        `The deploy hook is called without arguments once a new certificate is served, with ${deployVariables.join(', ')}.\n` +
        'Only root and you may be able to write to a hook and the folders above it. Nothing else of your environment reaches it.',
    )
    .epilogue(
      '\nExit codes: 0 done, 1 not issued, 2 wrong usage, 4 the environment failed, 5 the CA asks to wait (retryAt).',
    ) as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { spec = [], host, name } = argv;
  if (host.length > 0) {
    if (spec.length > 0) throw new UsageError('--host is for a certificate without a spec; give one or the other');
    const settings = withOptions(settingsFor(host), argv, io.cwd);
    const job = { name: name ?? certificateNameOf(host[0] ?? ''), settings };
    checkCertificateName(job.name);
    const store = await storeFor({ ...argv, spec: [] }, io, { write: !argv.dryRun });
    const run = { store, jobs: () => [job], account: accountOf(argv, io.cwd), patient: false, options: argv };
    return runCertificates({ ...run, hasSpec: false, forTimer: true }, io);
  }
  const wanted = await fromSpec(argv, io);
  if (wanted === undefined) return exitCode.wrong;
  const chosen = wanted.filter((one) => name === undefined || one.name === name);
  if (chosen.length === 0) throw nothingToIssue(name, wanted);
  const jobs: Job[] = chosen.map((one) => ({ name: one.name, settings: withOptions(one.settings, argv, io.cwd) }));
  const store = await storeFor(argv, io, { write: !argv.dryRun });
  const account = accountOf(argv, io.cwd, chosen[0]);
  const run = { store, jobs: () => jobs, account, patient: false, options: argv };
  return runCertificates({ ...run, hasSpec: true, forTimer: true }, io);
}

/** What the spec's sites ask for; undefined when it has errors, which are reported. */
async function fromSpec({ spec = [], format }: Options, io: Io): Promise<WantedCertificate[] | undefined> {
  const configured = await configureHere(await readSpecFiles(spec, io), io);
  const { diagnostics } = configured.ok ? configured.configuration : configured;
  if (!configured.ok || reaches(diagnostics, 'error')) {
    await tell(format, io, { diagnostics });
    return undefined;
  }
  const { resolved, places } = configured.configuration;
  return certificatesOf(resolved.expanded, places, io.cwd);
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

function nothingToIssue(name: string | undefined, wanted: readonly WantedCertificate[]): KeepgateError {
  const known = wanted.map((one) => one.name);
  const near = name === undefined ? undefined : suggest(name, known);
  const message =
    name === undefined
      ? 'no site of the spec asks for a certificate of a CA (tls.certificate: acme)'
      : `no site "${name}" of the spec asks for a certificate of a CA${near ? `; did you mean "${near}"?` : ''}`;
  return new KeepgateError(1, {
    code: 'nothing-to-issue',
    message,
    ...(known.length > 0 && { help: `Those that do: ${known.join(', ')}` }),
  });
}

export const command: Command<Options> = { options, run };
