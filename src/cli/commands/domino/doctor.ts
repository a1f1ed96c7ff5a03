import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { reaches } from '../../../diagnostic.ts';
import { examine } from '../../../domino/doctor/examine.ts';
import { eventPortOf } from '../../../domino/doctor/ports-inside.ts';
import { installationOf, portOf } from '../../../domino/installation.ts';
import { proxyOfSpec } from '../../../domino/proxy-of-spec.ts';
import type { FrontProxy } from '../../../domino/proxy-settings.ts';
import { readRegularFile, whyNotRead } from '../../../files/regular-file.ts';
import { systemCa } from '../../../model/upstreams.ts';
import { hostProblem, normalHost } from '../../../spec/address.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io, wantsColor } from '../../io.ts';
import { report } from '../../report/index.ts';
import { type StoreOptions, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { validSpec } from '../../valid-spec.ts';
import { configurationOf, expectedCertificates, ownAddresses } from './doctor-evidence.ts';

interface Options extends StoreOptions {
  spec?: string[];
  site?: string;
  host?: string;
  data?: string;
  environmentFile?: string;
  fromOutside: boolean;
  address?: string;
  httpsPort?: number;
  name?: string;
  caFile?: string;
  timeout: number;
  format: 'text' | 'json';
}

const options = (yargs: Argv): Argv<Options> =>
  storeOption(yargs)
    .positional('spec', { type: 'string', array: true, describe: 'spec files of the proxy; none: TLS of its own' })
    .option('site', { type: 'string', requiresArg: true, describe: 'which site, when several have the preset' })
    .option('host', { type: 'string', requiresArg: true, describe: "the public name (the spec's first host)" })
    .option('data', { type: 'string', requiresArg: true, describe: "Domino's data folder, on its own machine" })
    .option('environment-file', { type: 'string', requiresArg: true, describe: 'the environment of the REST API' })
    .option('from-outside', { type: 'boolean', default: false, describe: 'this is another machine: ports are tried' })
    .option('address', { type: 'string', requiresArg: true, describe: 'connect there instead of where the name leads' })
    .option('https-port', {
      type: 'number',
      requiresArg: true,
      describe: 'the port of the public (443, or the data port)',
    })
    .option('name', { type: 'string', requiresArg: true, describe: 'the certificate of the store (all for the host)' })
    .option('ca-file', { type: 'string', requiresArg: true, describe: "trust these CAs beside the system's" })
    .option('timeout', { type: 'number', default: 5, requiresArg: true, describe: 'seconds for each connection' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('sudo keepgate domino doctor keepgate.yaml --data /local/notesdata', 'on the server')
    .example(
      'keepgate domino doctor --from-outside --host domino.example.com',
      'on another machine',
    ) as unknown as Argv<Options>;

async function run(argv: Options, io: Io): Promise<number> {
  if (!(argv.timeout > 0)) throw new UsageError('--timeout takes a number of seconds above 0');
  const proxy = await proxyOf(argv, io);
  const host = hostOf(argv, proxy);
  const { installation, keyStore, notesIni, diagnostics } = await configurationOf(argv, io);
  const hosts = [host, ...(proxy?.hosts ?? []).filter((each) => each !== host)] as const;
  const expected = await expectedCertificates(hosts, argv, io);
  const portIn = (port: keyof FrontProxy['ports']): number =>
    installation || !proxy ? portOf(installation ?? nothing, port) : proxy.ports[port];
  const found = await examine({
    hosts: [...hosts],
    address: argv.address,
    httpsPort: argv.httpsPort ?? proxy?.httpsPort ?? (installation?.tls ? portIn('data') : 443),
    ports: {
      ...{ data: portIn('data'), health: portIn('health') },
      ...{ management: portIn('management'), metrics: portIn('metrics') },
    },
    eventPort: eventPortOf(notesIni),
    ...{ fromOutside: argv.fromOutside, installation, keyStore, notesIni, proxy },
    ...{ fingerprints: expected.fingerprints, ownAddresses: ownAddresses() },
    ca: trusted(argv, io),
    timeLimit: argv.timeout * 1000,
  });
  const all = [...diagnostics, ...expected.diagnostics, ...found];
  io.stdout.write(report(argv.format, all, { color: wantsColor(io.stdout, io.env), ignored: [], root: io.cwd }));
  return reaches(all, 'error') ? exitCode.wrong : exitCode.done;
}

const nothing = installationOf({ overlays: [] });

async function proxyOf({ spec: paths = [], site }: Options, io: Io): Promise<FrontProxy | undefined> {
  if (paths.length === 0) return undefined;
  const { spec, places } = await validSpec(paths, io);
  return proxyOfSpec(spec, places, site);
}

/** The public name that is asked for. */
function hostOf({ host: asked }: Options, proxy: FrontProxy | undefined): string {
  const host = normalHost(asked ?? proxy?.hosts.find((each) => !each.startsWith('*.')) ?? '');
  if (host === '') throw new UsageError('name the public host name with --host, or a spec');
  const problem = hostProblem(host);
  if (problem !== undefined) throw new UsageError(`"${host}" ${problem}`);
  return host;
}

/** What clients on this machine trust, so that a company's CA counts: the system's CAs, and those of --ca-file. */
function trusted({ caFile }: Options, io: Io): string | undefined {
  const file = readRegularFile(io.env.SSL_CERT_FILE ?? systemCa);
  const system = file.state === 'read' ? [file.bytes.toString('utf8')] : [];
  const all = [...system, ...(caFile === undefined ? [] : [textOf(caFile, io)])];
  return all.length === 0 ? undefined : all.join('\n');
}

function textOf(path: string, io: Io): string {
  const file = readRegularFile(resolve(io.cwd, path));
  if (file.state === 'read') return file.bytes.toString('utf8');
  throw new UsageError(`--ca-file ${path}: ${whyNotRead(file)}`);
}

export const command: Command<Options> = { options, run };
