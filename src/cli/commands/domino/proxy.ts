import type { Argv } from 'yargs';
import { comparesWholeOrigins } from '../../../domino/cors.ts';
import { planProxy } from '../../../domino/plan-proxy.ts';
import { proxyOfSpec } from '../../../domino/proxy-of-spec.ts';
import type { Command } from '../../command.ts';
import type { Io } from '../../io.ts';
import { UsageError } from '../../usage-error.ts';
import { validSpec } from '../../valid-spec.ts';
import { carryOut, consoleCommands, undo } from './carry-out.ts';
import { type DataOptions, dataOptions, environmentOf, inDataFolder } from './data-options.ts';

interface Options extends DataOptions {
  data?: string;
  out?: string;
  spec?: string[];
  site?: string;
  apiVersion: string;
}

const options = (yargs: Argv): Argv<Options> =>
  dataOptions(yargs)
    .positional('spec', { type: 'string', array: true, describe: 'spec files, or - (keepgate.yaml)' })
    .option('site', { type: 'string', requiresArg: true, describe: 'which site, when several have the preset' })
    .option('api-version', {
      type: 'string',
      default: '1.1.3',
      requiresArg: true,
      describe: 'of the REST API: up to 1.1.2, CORS has host names instead of expressions',
    })
    .example('sudo keepgate domino proxy --data /local/notesdata --dry-run', 'what would change')
    .example('keepgate domino proxy domino.yaml --out prepared', 'for another machine') as unknown as Argv<Options>;

async function run(argv: Options, io: Io): Promise<number> {
  if (!/^\d+\.\d+(\.\d+)?$/.test(argv.apiVersion))
    throw new UsageError(`--api-version takes a version such as 1.1.3, not "${argv.apiVersion}"`);
  return inDataFolder(argv, io, async (folder) => {
    if (argv.undo) return undo(folder, 'proxy', argv, io);
    const { spec, places } = await validSpec(argv.spec ?? [], io);
    const planned = planProxy(folder, proxyOfSpec(spec, places, argv.site), {
      environment: environmentOf(argv.environmentFile, io),
      wholeOrigins: comparesWholeOrigins(argv.apiVersion),
      elsewhere: argv.out !== undefined,
    });
    const copy = argv.out === undefined ? [] : ['', `Next: copy what is in ${argv.out} to Domino's data folder`];
    return carryOut(folder, 'proxy', { ...planned, next: [...copy, ...consoleCommands] }, argv, io);
  });
}

export const command: Command<Options> = { options, run };
