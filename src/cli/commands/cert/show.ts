import type { Argv } from 'yargs';
import { type CertificateReport, lookOver } from '../../../acme/look-over.ts';
import { exitCodeOf } from '../../../certs/status.ts';
import { type CertificateStore, names } from '../../../certs/store.ts';
import { fromNow, lifetimeInWords } from '../../../certs/time-in-words.ts';
import { certificateFiles } from '../../../model/store-paths.ts';
import { challengeInWords } from '../../challenge-words.ts';
import type { Command } from '../../command.ts';
import type { Io } from '../../io.ts';
import { toJson } from '../../report/json.ts';
import { table } from '../../report/table.ts';
import { type StoreOptions, storeFor, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { reportDocument } from './report-document.ts';
import { unknownCertificate } from './unknown-certificate.ts';

interface Options extends StoreOptions {
  name?: string;
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  return storeOption(yargs)
    .positional('name', { type: 'string', describe: 'what the store calls it' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('keepgate cert show api', 'all about one certificate') as unknown as Argv<Options>;
}

async function run({ name, format, ...options }: Options, io: Io): Promise<number> {
  if (name === undefined) throw new UsageError('name a certificate; keepgate cert list shows them');
  const store = await storeFor(options, io, { write: false });
  const known = names(store);
  if (!known.includes(name)) throw unknownCertificate(name, known, store);
  const report = lookOver(store, name, io.now());
  if (format === 'json') io.stdout.write(toJson({ version: 1, certificate: reportDocument(report, store) }));
  else io.stdout.write(table(lines(report, store, io.now())));
  return exitCodeOf([report.state]);
}

function lines(report: CertificateReport, store: CertificateStore, now: Date): string[][] {
  const { version, settings, memory, versions } = report;
  const when = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : `${text} (${fromNow(new Date(text), now)})`;
  const files = certificateFiles(store.root, report.name);
  const { meta } = version ?? {};
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['name', report.name],
    ['state', report.state],
    ['renewal', report.words],
    ['hosts', report.names.join(', ')],
    ['issuer', meta?.issuer],
    ['valid from', when(meta?.notBefore)],
    ['expires', when(meta?.notAfter)],
    ['lifetime', meta && lifetimeInWords({ notBefore: new Date(meta.notBefore), notAfter: new Date(meta.notAfter) })],
    ['key', meta?.keyType ?? settings?.keyType],
    ['serial', meta?.serial],
    ['SHA-256', meta?.fingerprint],
    ['directory', meta?.directory ?? settings?.directory],
    ['profile', meta?.profile ?? settings?.profile],
    ['proven over', settings?.challenge && challengeInWords(settings.challenge)],
    ['deploy hook', settings?.deployHook],
    ['CA suggests', memory.ari && `${memory.ari.start} to ${memory.ari.end}`],
    ['explained at', memory.ari?.explanationUrl],
    ['last attempt', when(memory.lastAttempt)],
    ['last error', memory.lastError && `${memory.lastError.message} (${memory.lastError.code})`],
    ['CA says wait', when(memory.notBefore)],
    ['versions', versions.map((number) => `${number}${number === version?.number ? ' (served)' : ''}`).join(', ')],
    ['certificate', files.certificate],
    ['private key', files.key],
  ];
  return rows.flatMap(([title, text]) => (text === undefined || text === '' ? [] : [[title, text]]));
}

export const command: Command<Options> = { options, run };
