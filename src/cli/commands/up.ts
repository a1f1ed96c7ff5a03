import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { unitsWritable } from '../../deploy/timer-lacks.ts';
import { systemUnits } from '../../deploy/timer-units.ts';
import { KeepgateError } from '../../diagnostic.ts';
import type { NginxBinary } from '../../nginx/binary.ts';
import type { Command } from '../command.ts';
import { hereOptions, type InstallOptions, nginxHere, prepare } from '../installation.ts';
import { exitCode, type Io } from '../io.ts';
import { type AccountOptions, accountOptions, type ChallengeOptions, challengeOptions } from '../issue-options.ts';
import { say } from '../report/say.ts';
import { checkOptions } from '../up/check-options.ts';
import { ensureSpec, file } from '../up/ensure-spec.ts';
import { probe } from '../up/probe.ts';
import { runStages, type Stage } from '../up/stages.ts';
import { UsageError } from '../usage-error.ts';

interface Options extends Omit<InstallOptions, 'root'>, AccountOptions, ChallengeOptions {
  host: string[];
  upstream?: string;
  skipPreflight: boolean;
  resolver?: string;
  sandbox: 'auto' | 'none';
  timer: boolean;
  units: string;
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  const own = challengeOptions(accountOptions(hereOptions(yargs) as Argv))
    .option('host', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'a public name: writes keepgate.yaml, or adds a site to it',
    })
    .option('upstream', {
      type: 'string',
      requiresArg: true,
      describe: 'with --host: the API, such as 127.0.0.1:8080, or its port alone',
    })
    .option('skip-preflight', { type: 'boolean', default: false, describe: "don't look at DNS and port 80 first" })
    .option('resolver', {
      type: 'string',
      requiresArg: true,
      describe: "host:port of the name server to ask (the system's)",
    })
    .option('sandbox', {
      choices: ['auto', 'none'] as const,
      default: 'auto' as const,
      describe: 'none: only nginx -t in place',
    })
    .option('timer', { type: 'boolean', default: true, describe: 'install the timer that renews (--no-timer: do not)' })
    .option('units', {
      type: 'string',
      requiresArg: true,
      default: systemUnits,
      describe: 'where the unit files lie',
    })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' });
  return own
    .example('sudo keepgate up --host api.example.com --upstream 127.0.0.1:8080 --agree-tos', 'from nothing to HTTPS')
    .example('sudo keepgate up', 'what is left to do for keepgate.yaml; safe at any time') as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { host, upstream, spec = [], format } = argv;
  if (host.length > 0 && spec.length > 0) throw new UsageError('--host writes a spec; give one or the other');
  if (host.length > 0 && upstream === undefined) throw new UsageError('--host needs --upstream, the API behind it');
  if (host.length === 0 && upstream !== undefined) throw new UsageError('--upstream needs --host, the public name');
  checkOptions(argv, io.cwd);
  const installed = await nginxHere(argv, io);
  if (installed === undefined) throw nothingInstalled();
  const stages: Stage[] = [
    ...(upstream === undefined ? [] : [writeSpec(argv, upstream, installed)]),
    { name: 'apply', title: 'check, and install where nginx reads', run: (to) => install(argv, to) },
    { name: 'issue', title: 'get the certificates that are due, and switch to them', run: (to) => issue(argv, to) },
    { name: 'probe', title: 'look at every site over HTTPS', run: (to) => look(argv, to) },
    ...(argv.timer ? [{ name: 'timer', title: 'renew from now on', run: (to: Io) => timer(argv, to) }] : []),
  ];
  return runStages(stages, format, io);
}

/** A spec that is written first would not know the nginx that it is for, nor its default server. */
const nothingInstalled = (): KeepgateError =>
  new KeepgateError(4, {
    code: 'nginx-missing',
    message: 'no nginx is installed here, so nothing was written',
    help: 'Install it and run the same command again: sudo apt-get install nginx bubblewrap',
  });

const writeSpec = (argv: Options, upstream: string, installed: NginxBinary): Stage => ({
  name: 'spec',
  title: 'write keepgate.yaml, or add the site to it',
  run: (io) => ensureSpec({ ...argv, upstream }, installed, (text, to) => rehearse(argv, text, to), io),
});

/** What `install` would come to with this text of keepgate.yaml; nothing is said of what it could do. */
async function rehearse(argv: Options, text: string, io: Io): Promise<number> {
  const said: (() => void)[] = [];
  const later = (output: Io['stdout']): Io['stdout'] => ({ write: (part) => said.push(() => output.write(part)) });
  const { command } = await import('./apply.ts');
  const sources = [{ file, bytes: Buffer.from(text), origin: join(realpathSync(io.cwd), file) }];
  const quiet = { ...io, stdout: later(io.stdout), stderr: later(io.stderr) };
  const steps = { dryRun: true, force: false, reload: true, start: true };
  const exitCode = await command.run({ ...argv, ...steps, sources }, quiet);
  if (exitCode !== 0) for (const tell of said) tell();
  return exitCode;
}

async function install(argv: Options, io: Io): Promise<number> {
  const { command } = await import('./apply.ts');
  return command.run({ ...argv, dryRun: false, force: false, reload: true, start: true }, io);
}

async function issue(argv: Options, io: Io): Promise<number> {
  const [{ command }, prepared] = await Promise.all([import('./cert/issue.ts'), prepare(argv, io)]);
  const asks = prepared.ok && prepared.installation.configuration.resolved.expanded.some(isOfACa);
  if (!asks) return exitCode.done;
  const { host: _, ...rest } = argv;
  const usual = { dryRun: false, force: false, reload: true, hooks: true, concurrency: 4 };
  return command.run({ ...rest, ...usual, host: [] }, io);
}

const isOfACa = ({ options }: { options: { tls: { certificate: unknown } } }): boolean =>
  options.tls.certificate === 'acme';

async function look(argv: Options, io: Io): Promise<number> {
  const prepared = await prepare(argv, io);
  if (!prepared.ok) return exitCode.wrong;
  const { probes, diagnostics } = await probe(prepared.installation.configuration.resolved.model.sites);
  await say({ format: argv.format, diagnostics, ignored: [], product: { probes } }, io);
  if (argv.format === 'text')
    for (const { host, port, status } of probes)
      if (status !== undefined)
        io.stdout.write(`https://${host}${port === 443 ? '' : `:${port}`}/ answers ${status}\n`);
  return diagnostics.some(({ severity }) => severity === 'error') ? exitCode.environment : exitCode.done;
}

/** Where systemd doesn't run there is nothing to install, and that is said. What `--writable` named before stays. */
async function timer(argv: Options, io: Io): Promise<number> {
  if (!existsSync('/run/systemd/system')) {
    if (argv.format === 'text')
      io.stderr.write('systemd does not run here: have `keepgate cert renew` run twice a day\n');
    return exitCode.done;
  }
  const { command } = await import('./cert/timer.ts');
  const writable = unitsWritable(resolve(io.cwd, argv.units));
  return command.run({ spec: argv.spec ?? [], install: true, units: argv.units, writable }, io);
}

export const command: Command<Options> = { options, run };
