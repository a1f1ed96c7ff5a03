import type { Argv } from 'yargs';
import { fromNow } from '../../certs/time-in-words.ts';
import { inInstallFolder } from '../../deploy/install-folder.ts';
import { readJournal } from '../../deploy/journal.ts';
import { installFolder } from '../../deploy/place.ts';
import { KeepgateError } from '../../diagnostic.ts';
import type { HeldTree } from '../../files/held-tree.ts';
import type { Command } from '../command.ts';
import { nginxHere } from '../installation.ts';
import {
  type Drift,
  type InstalledHere,
  type InstalledSite,
  installedHere,
  type SiteCertificate,
} from '../installed-sites.ts';
import { exitCode, type Io } from '../io.ts';
import { toJson } from '../report/json.ts';
import { table } from '../report/table.ts';

interface Options {
  root?: string;
  nginx?: string;
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  return yargs
    .option('root', { type: 'string', requiresArg: true, describe: 'where it was installed, as with apply' })
    .option('nginx', { type: 'string', requiresArg: true, describe: 'the nginx that reads it' })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('keepgate status', 'what is installed, from which spec, and whether it is as it was left')
    .example('sudo keepgate status --format json', 'as root, the state of the certificates too')
    .epilogue(
      'Exit code 3 when a file was changed by hand or is missing, when a spec was changed since its last apply or is gone, when a run was cut off, or when a certificate is overdue, expired or broken.',
    ) as unknown as Argv<Options>;
}

async function run({ format, ...argv }: Options, io: Io): Promise<number> {
  const binary = await nginxHere(argv, io);
  const place = installFolder(argv.root, binary?.confDir, io.cwd);
  const here = await installedHere(place, io);
  const interrupted = await inInstallFolder(place.folder, wasInterrupted);
  if (format === 'json') io.stdout.write(toJson({ version: 1, root: place.shown, interrupted, ...here }));
  else {
    if (here.sites.length > 0) io.stdout.write(tableOf(here.sites, io.now()));
    else io.stderr.write(`nothing of keepgate's is installed in ${place.shown}\n`);
    io.stderr.write(
      notes(here, place.shown, interrupted)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
  return interrupted || isDue(here) ? exitCode.differs : exitCode.done;
}

/** Only its user may look into the state of past runs. */
function wasInterrupted(tree: HeldTree): boolean {
  try {
    return readJournal(tree) !== undefined;
  } catch (error) {
    if (error instanceof KeepgateError && error.diagnostic.code === 'state-not-usable') return false;
    throw error;
  }
}

const wrongStates: readonly SiteCertificate['state'][] = ['overdue', 'expired', 'broken'];

function isDue({ sites, shared }: InstalledHere): boolean {
  return (
    shared.length > 0 ||
    sites.some(({ drift, certificate }) => drift.length > 0 || wrongStates.includes(certificate?.state))
  );
}

const inWords: Readonly<Record<Drift, string>> = {
  'hand-edited': 'changed by hand',
  missing: 'files are missing',
  'spec-changed': 'spec changed since',
  'spec-gone': 'spec is gone',
};

function tableOf(sites: readonly InstalledSite[], now: Date): string {
  const rows = sites.map(({ site, hosts: [first = '-', ...more], spec, certificate, drift }) => [
    site,
    more.length > 0 ? `${first} +${more.length}` : first,
    spec ?? 'not known',
    certificateInWords(certificate, now),
    drift.map((one) => inWords[one]).join(', ') || '-',
  ]);
  return table([['SITE', 'HOSTS', 'SPEC', 'CERTIFICATE', 'DRIFT'], ...rows]);
}

function certificateInWords(certificate: SiteCertificate | undefined, now: Date): string {
  if (certificate === undefined) return '-';
  const { state, notAfter, path } = certificate;
  const until = notAfter === undefined ? [] : [`until ${notAfter.slice(0, 10)} (${fromNow(new Date(notAfter), now)})`];
  return [...(state === undefined ? [] : [state]), ...until].join(', ') || path;
}

function notes({ sites, shared }: InstalledHere, shown: string, interrupted: boolean): string[] {
  const has = (one: Drift): boolean => sites.some(({ drift }) => drift.includes(one));
  return [
    ...(interrupted
      ? [`a run of keepgate was cut off here; the next apply puts back what stood in ${shown} before it`]
      : []),
    ...shared.map((one) => `the file that all sites share: ${inWords[one]}; the next apply of any spec writes it anew`),
    ...(has('hand-edited') || has('missing') || has('spec-changed')
      ? ['see what differs with: keepgate diff SPEC']
      : []),
    ...(has('spec-gone')
      ? [
          'where a spec has moved: keepgate apply --adopt SITE with the new one; where it is gone for good: keepgate remove SITE',
        ]
      : []),
    ...(sites.some(({ spec }) => spec === undefined)
      ? ['a site without a known spec belongs to the next spec that names it; or take it out: keepgate remove SITE']
      : []),
  ];
}

export const command: Command<Options> = { options, run };
