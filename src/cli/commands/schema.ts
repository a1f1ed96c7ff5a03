import type { Argv } from 'yargs';
import schema from '../../spec/schema.json' with { type: 'json' };
import type { Command } from '../command.ts';
import { exitCode, type Io } from '../io.ts';

function options(yargs: Argv): Argv<object> {
  return yargs
    .example('keepgate schema > keepgate.schema.json', 'for an editor')
    .epilogue('In a spec: # yaml-language-server: $schema=./keepgate.schema.json');
}

async function run(_argv: object, io: Io): Promise<number> {
  io.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  return exitCode.done;
}

export const command: Command<object> = { options, run };
