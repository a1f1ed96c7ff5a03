/** The options that check and render have in common. */
import type { Argv } from 'yargs';

export interface CommonOptions {
  spec?: string[];
  templates?: string;
  allowRaw: boolean;
}

export function commonOptions(yargs: Argv): Argv {
  return yargs
    .positional('spec', {
      type: 'string',
      array: true,
      describe: 'spec files, folders of *.yaml, or - (keepgate.yaml)',
    })
    .option('templates', {
      type: 'string',
      requiresArg: true,
      describe: 'your own templates, laid over the shipped ones',
    })
    .option('allow-raw', { type: 'boolean', default: false, describe: 'let raw nginx text of the spec through' });
}
