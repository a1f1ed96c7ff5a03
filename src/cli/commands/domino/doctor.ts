import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { readRegularFile, whyNotRead } from '../../../certs/regular-file.ts';
import { liveVersion, names, openStore } from '../../../certs/store.ts';
import { KeepgateError, reaches } from '../../../diagnostic.ts';
import { readIn } from '../../../domino/change.ts';
import { examine } from '../../../domino/doctor/examine.ts';
import { closeFolder, openFolder } from '../../../domino/folder.ts';
import { installationOf, portOf } from '../../../domino/installation.ts';
import { proxyOfSpec } from '../../../domino/proxy-of-spec.ts';
import type { FrontProxy } from '../../../domino/proxy-settings.ts';
import { readKeepConfig } from '../../../domino/read-keepconfig.ts';
import { hostProblem, normalHost } from '../../../spec/address.ts';
import { loadSpec } from '../../../spec/load.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io, wantsColor } from '../../io.ts';
import { report } from '../../report/index.ts';
import { readSpecFiles } from '../../spec-files.ts';
import { UsageError } from '../../usage-error.ts';
import { environmentOf } from './data-options.ts';

interface Options {
  spec?: string[];
  site?: string;
  host?: string;
  data?: string;
  envFile?: string;
  fromOutside: boolean;
  address?: string;
  httpsPort?: number;
  store?: string;
  name?: string;
  caFile?: string;
  timeout: number;
  format: 'text' | 'json';
}

const options = (yargs: Argv): Argv<Options> =>
  yargs
    .positional('spec', { type: 'string', array: true, describe: 'spec files of the proxy; none: TLS of its own' })
    .option('site', { type: 'string', requiresArg: true, describe: 'which site, when several have the preset' })
    .option('host', { type: 'string', requiresArg: true, describe: "the public name (the spec's first host)" })
    .option('data', { type: 'string', requiresArg: true, describe: "Domino's data folder, on its own machine" })
    .option('env-file', { type: 'string', requiresArg: true, describe: 'the environment of the REST API' })
    .option('from-outside', { type: 'boolean', default: false, describe: 'this is another machine: ports are tried' })
    .option('address', { type: 'string', requiresArg: true, describe: 'connect there instead of where the name leads' })
    .option('https-port', {
      type: 'number',
      requiresArg: true,
      describe: 'the port of the public (443, or the data port)',
    })
    .option('store', { type: 'string', requiresArg: true, describe: 'the folder of the certificates' })
    .option('name', { type: 'string', requiresArg: true, describe: 'the certificate of the store that is served' })
    .option('ca-file', { type: 'string', requiresArg: true, describe: 'trust these CAs too' })
    .option('timeout', { type: 'number', default: 5, requiresArg: true, describe: 'seconds for each connection' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('sudo keepgate domino doctor keepgate.yaml --data /local/notesdata', 'on the server')
    .example(
      'keepgate domino doctor --from-outside --host domino.example.com',
      'on another machine',
    ) as unknown as Argv<Options>;

async function run(argv: Options, io: Io): Promise<number> {
  const proxy = (argv.spec ?? []).length > 0 ? await proxyOf(argv, io) : undefined;
  const host = normalHost(argv.host ?? proxy?.hosts.find((each) => !each.startsWith('*.')) ?? '');
  if (host === '') throw new UsageError('name the public host name with --host, or a spec');
  const problem = hostProblem(host);
  if (problem !== undefined) throw new UsageError(`"${host}" ${problem}`);
  const { installation, notesIni, diagnostics } = configuration(argv, io);
  const others = (proxy?.hosts ?? []).filter((each) => each !== host);
  const ports = installation ? undefined : proxy?.ports;
  const portIn = (port: Parameters<typeof portOf>[1]) => ports?.[port] ?? portOf(installation ?? nothing, port);
  const found = await examine({
    hosts: [host, ...others],
    address: argv.address ?? host.replace(/^\[(.*)\]$/, '$1'),
    httpsPort: argv.httpsPort ?? proxy?.httpsPort ?? (installation?.tls ? portIn('data') : 443),
    ports: {
      ...{ data: portIn('data'), health: portIn('health') },
      ...{ management: portIn('management'), metrics: portIn('metrics') },
    },
    ...{ fromOutside: argv.fromOutside, installation, notesIni, proxy },
    fingerprint: fingerprintOf(argv, io),
    ca: argv.caFile === undefined ? undefined : textOf(argv.caFile, io),
    timeLimit: argv.timeout * 1000,
  });
  const all = [...diagnostics, ...(installation?.diagnostics ?? []), ...found];
  io.stdout.write(report(argv.format, all, { color: wantsColor(io.stdout, io.env), ignored: [], root: io.cwd }));
  return reaches(all, 'error') ? exitCode.wrong : exitCode.done;
}

const nothing = installationOf({ overlays: [] });

/** The files of the API, held open while they are read. @throws KeepgateError domino-folder (1) */
function configuration({ data, envFile }: Options, io: Io) {
  if (data === undefined) return { installation: undefined, notesIni: undefined, diagnostics: [] };
  const folder = openFolder(resolve(io.cwd, data), data);
  try {
    const config = openFolder(resolve(io.cwd, data, 'keepconfig.d'), `${data}/keepconfig.d`);
    try {
      const { overlays, diagnostics } = readKeepConfig(config);
      const installation = installationOf({ overlays, environment: environmentOf(envFile, io) });
      return { installation, notesIni: readIn(folder, 'notes.ini')?.bytes, diagnostics };
    } finally {
      closeFolder(config);
    }
  } finally {
    closeFolder(folder);
  }
}

function fingerprintOf({ store: path, name }: Options, io: Io): string | undefined {
  if (name === undefined) return undefined;
  const store = openStore(resolve(io.cwd, path ?? '/var/lib/keepgate'), { write: false });
  const live = names(store).includes(name) ? liveVersion(store, name) : undefined;
  if (typeof live === 'object') return live.meta.fingerprint;
  throw new KeepgateError(2, {
    code: 'certificate-unknown',
    message: `${store.root} serves no certificate "${name}"`,
    help: 'keepgate cert list shows what there is.',
  });
}

async function proxyOf({ spec: paths = [], site }: Options, io: Io): Promise<FrontProxy> {
  const { spec, places, diagnostics } = loadSpec(await readSpecFiles(paths, io));
  if (spec) return proxyOfSpec(spec, places, site);
  const wrong = diagnostics.find(({ severity }) => severity === 'error');
  throw wrong ? new KeepgateError(1, wrong) : new TypeError('a spec that is not valid has a finding that says why');
}

function textOf(path: string, io: Io): string {
  const file = readRegularFile(resolve(io.cwd, path));
  if (file.state === 'read') return file.bytes.toString('utf8');
  throw new UsageError(`--ca-file ${path}: ${whyNotRead(file)}`);
}

export const command: Command<Options> = { options, run };
