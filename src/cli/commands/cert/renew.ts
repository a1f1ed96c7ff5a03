import type { Argv } from 'yargs';
import type { Job, UnreadableJob } from '../../../acme/due.ts';
import { type CertificateStore, names, settingsOf } from '../../../certs/store.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { type RunOptions, runCertificates, runOptions } from '../../certificate-run.ts';
import type { Command } from '../../command.ts';
import type { Io } from '../../io.ts';
import { type AccountOptions, accountOf, accountOptions, withDirectory } from '../../issue-options.ts';
import { storeFor, storeOption } from '../../store-option.ts';
import { unknownCertificate } from './unknown-certificate.ts';

interface Options extends RunOptions, AccountOptions {
  name?: string[];
  store?: string;
}

function options(yargs: Argv): Argv<Options> {
  const base = storeOption(yargs).positional('name', {
    type: 'string',
    array: true,
    describe: 'what the store calls them (all)',
  });
  return runOptions(accountOptions(base as Argv))
    .example('keepgate cert renew', 'every certificate whose time has come: what the timer runs')
    .example('keepgate cert renew api --force', 'this one, now')
    .example(
      'keepgate cert renew --dry-run --agree-tos',
      "try all of them with the CA's staging directory",
    ) as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const store = await storeFor(argv, io, { write: !argv.dryRun });
  const jobs = () =>
    jobsOf(store, argv.name ?? []).map((job) =>
      'error' in job ? job : { ...job, settings: withDirectory(job.settings, argv, io.cwd) },
    );
  const run = { store, jobs, account: accountOf(argv, io.cwd), patient: !argv.force, options: argv };
  return runCertificates({ ...run, hasSpec: false, forTimer: false }, io);
}

/** Certificates of a CA are renewed as they were issued; imported ones are somebody else's. */
function jobsOf(store: CertificateStore, wanted: readonly string[]): (Job | UnreadableJob)[] {
  const known = names(store);
  for (const name of wanted) if (!known.includes(name)) throw unknownCertificate(name, known, store);
  return (wanted.length > 0 ? wanted : known).flatMap((name): (Job | UnreadableJob)[] => {
    try {
      const settings = settingsOf(store, name);
      return settings?.origin === 'acme' ? [{ name, settings }] : [];
    } catch (error) {
      if (!(error instanceof KeepgateError)) throw error;
      return [{ name, error }];
    }
  });
}

export const command: Command<Options> = { options, run };
