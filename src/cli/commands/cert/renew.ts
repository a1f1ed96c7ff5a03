import type { Argv } from 'yargs';
import type { Job } from '../../../acme/due.ts';
import { type CertificateStore, names, settingsOf } from '../../../certs/store.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { suggest } from '../../../spec/suggest.ts';
import { type RunOptions, runCertificates, runOptions } from '../../certificate-run.ts';
import type { Command } from '../../command.ts';
import type { Io } from '../../io.ts';
import { storeFor, storeOption } from '../../store-option.ts';

interface Options extends RunOptions {
  name?: string[];
  store?: string;
}

function options(yargs: Argv): Argv<Options> {
  const base = storeOption(yargs).positional('name', {
    type: 'string',
    array: true,
    describe: 'what the store calls them (all)',
  });
  return runOptions(base as Argv)
    .example('keepgate cert renew', 'every certificate whose time has come: what the timer runs')
    .example('keepgate cert renew api --force', 'this one, now') as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const store = await storeFor(argv, io);
  const jobs = () => jobsOf(store, argv.name ?? []);
  const account = { agreeToTerms: false };
  return runCertificates({ store, jobs, account, patient: !argv.force, options: argv }, io);
}

/** Certificates of a CA are renewed as they were issued; imported ones are somebody else's. */
function jobsOf(store: CertificateStore, wanted: readonly string[]): Job[] {
  const known = names(store);
  for (const name of wanted) if (!known.includes(name)) throw unknown(name, known);
  return (wanted.length > 0 ? wanted : known).flatMap((name) => {
    const settings = settingsOf(store, name);
    return settings?.origin === 'acme' ? [{ name, settings }] : [];
  });
}

function unknown(name: string, known: readonly string[]): KeepgateError {
  const near = suggest(name, known);
  return new KeepgateError(1, {
    code: 'certificate-unknown',
    message: `the store has no certificate "${name}"${near ? `; did you mean "${near}"?` : ''}`,
    help: 'keepgate cert list shows what there is.',
  });
}

export const command: Command<Options> = { options, run };
