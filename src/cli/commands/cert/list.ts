import type { Argv } from 'yargs';
import { type CertificateReport, lookOver } from '../../../acme/look-over.ts';
import { exitCodeOf } from '../../../certs/status.ts';
import { names } from '../../../certs/store.ts';
import { fromNow, lifetimeInWords } from '../../../certs/time-in-words.ts';
import type { Command } from '../../command.ts';
import type { Io } from '../../io.ts';
import { toJson } from '../../report/json.ts';
import { table } from '../../report/table.ts';
import { type StoreOptions, storeFor, storeOption } from '../../store-option.ts';
import { reportDocument } from './report-document.ts';

interface Options extends StoreOptions {
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  return storeOption(yargs)
    .positional('spec', { type: 'string', array: true, describe: 'spec files whose "acme" names the store' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('keepgate cert list', 'what is there, and when it is renewed')
    .epilogue(
      'Exit code 3 when a renewal is overdue by more than 12 hours, 1 when a certificate is expired or broken: a monitor needs nothing else.',
    ) as unknown as Argv<Options>;
}

async function run({ format, ...options }: Options, io: Io): Promise<number> {
  const store = await storeFor(options, io, { write: false });
  const now = io.now();
  const reports = names(store).map((name) => lookOver(store, name, now));
  if (format === 'json')
    io.stdout.write(toJson({ version: 1, certificates: reports.map((report) => reportDocument(report, store)) }));
  else if (reports.length > 0) io.stdout.write(inWords(reports, now));
  else io.stderr.write(`${store.root} has no certificate yet\n`);
  return exitCodeOf(reports.map(({ state }) => state));
}

function inWords(reports: readonly CertificateReport[], now: Date): string {
  const heading = ['NAME', 'STATE', 'HOSTS', 'ISSUER', 'LIFETIME', 'EXPIRES', 'RENEWAL'];
  const errors = reports.flatMap(({ name, memory: { lastError, lastAttempt } }) =>
    lastError && lastAttempt
      ? [[`${name}:`, `${lastError.message} (${lastError.code}, ${fromNow(new Date(lastAttempt), now)})`]]
      : [],
  );
  const rows = table([heading, ...reports.map((report) => rowOf(report, now))]);
  return errors.length > 0 ? `${rows}\nLast errors:\n${table(errors)}` : rows;
}

function rowOf({ name, state, words, names, version }: CertificateReport, now: Date): string[] {
  const [first = '-', ...others] = names;
  const hosts = others.length > 0 ? `${first} +${others.length}` : first;
  if (!version) return [name, state, hosts, '-', '-', '-', words];
  const { issuer, notBefore, notAfter } = version.meta;
  const [from, to] = [new Date(notBefore), new Date(notAfter)];
  const lifetime = lifetimeInWords({ notBefore: from, notAfter: to });
  return [name, state, hosts, issuer, lifetime, `${notAfter.slice(0, 10)} (${fromNow(to, now)})`, words];
}

export const command: Command<Options> = { options, run };
