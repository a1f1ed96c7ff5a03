import { delimiter, dirname, resolve } from 'node:path';
import process from 'node:process';
import type { Argv } from 'yargs';
import { keptExports } from '../../../certs/export/kept.ts';
import { type CertificateStore, names, settingsOf } from '../../../certs/store.ts';
import { writtenFolders } from '../../../check/written-folders.ts';
import { installTimer, uninstallTimer } from '../../../deploy/install-timer.ts';
import { systemUnits, timerName, timerUnits } from '../../../deploy/timer-units.ts';
import { checkTimerProgram } from '../../../hooks/trusted-program.ts';
import { word } from '../../../shell-word.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io } from '../../io.ts';
import { readSpecFiles } from '../../spec-files.ts';
import { type StoreOptions, storeFor, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';

interface Options extends StoreOptions {
  install?: boolean;
  uninstall?: boolean;
  units: string;
  writable: string[];
}

function options(yargs: Argv): Argv<Options> {
  return storeOption(yargs)
    .positional('spec', { type: 'string', array: true, describe: 'spec files whose "acme" names the store' })
    .option('install', { type: 'boolean', describe: 'write the units and start the timer' })
    .option('uninstall', { type: 'boolean', describe: 'stop the timer and remove the units' })
    .option('writable', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'a folder that a deploy hook writes to',
    })
    .option('units', {
      type: 'string',
      requiresArg: true,
      default: systemUnits,
      describe: 'where the unit files lie',
    })
    .conflicts('install', 'uninstall')
    .example('keepgate cert timer', 'look at the units')
    .example('sudo keepgate cert timer --install', 'renew twice a day from now on') as unknown as Argv<Options>;
}

async function run({ install, uninstall, units, writable, ...options }: Options, io: Io): Promise<number> {
  const place = { folder: resolve(io.cwd, units), path: (io.env.PATH ?? '').split(delimiter) };
  if (uninstall) {
    const removed = await uninstallTimer(place);
    io.stderr.write(removed.length > 0 ? `removed ${removed.join(' and ')}\n` : 'there is no timer of keepgate\n');
    return exitCode.done;
  }
  const specs = options.spec ?? [];
  if (specs.includes('-')) throw new UsageError('a timer reads no standard input: name the file of the spec');
  if (specs.length > 0) await readSpecFiles(specs, io);
  const [node, program] = [process.execPath, resolve(process.argv[1] ?? '')];
  if (install) checkTimerProgram(node, program);
  const store = await storeFor(options, io, { write: install === true });
  const texts = timerUnits({
    node,
    program,
    store: store.root,
    writable: [
      ...webroots(store),
      ...exportFolders(store),
      ...writtenFolders(),
      ...writable.map((folder) => resolve(io.cwd, folder)),
    ],
  });
  if (!install) {
    for (const [name, text] of Object.entries(texts)) io.stdout.write(`# ---- ${place.folder}/${name} ----\n${text}\n`);
    return exitCode.done;
  }
  const written = await installTimer(texts, place);
  const what = written.length > 0 ? `wrote ${written.join(' and ')} in` : 'nothing had to be written in';
  io.stderr.write(`${what} ${place.folder}, and started ${timerName}\n\n`);
  io.stderr.write(`Next: see that it works\n  ${look(store, options)}\n`);
  return exitCode.done;
}

/** Where http-01 answers go for those who have a folder of their own for them. */
function webroots(store: CertificateStore): string[] {
  return names(store).flatMap((name) => {
    const { challenge } = settingsOf(store, name) ?? {};
    return typeof challenge === 'object' && 'webroot' in challenge ? [challenge.webroot] : [];
  });
}

/** Where exports that are kept current lie. */
function exportFolders(store: CertificateStore): string[] {
  const exports = names(store).flatMap((name) => keptExports(store, name));
  return exports.flatMap(({ out, keyOut }) => [out, ...(keyOut === undefined ? [] : [keyOut])]).map(dirname);
}

const look = ({ root }: CertificateStore, { store }: StoreOptions): string =>
  `sudo systemctl start keepgate-renew.service && sudo keepgate cert list${store === undefined ? '' : ` --store ${word(root)}`}`;

export const command: Command<Options> = { options, run };
